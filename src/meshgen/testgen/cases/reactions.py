"""Tests of policies and projections on example events."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import suppress
from typing import Any

from meshgen.naming import policy_function, snake
from meshgen.spec.expressions.defaults import initial
from meshgen.spec.expressions.values import Bindings, EvaluationError, Value
from meshgen.spec.model import Policy, Projection, Reaction, Service
from meshgen.system.index import Index, row_name
from meshgen.system.model import PolicyTest, PolicyTests, ProjectionTest, ProjectionTests
from meshgen.system.pysource.calls import call_source
from meshgen.testgen.cases.example_events import ExampleEvents
from meshgen.testgen.cases.values import Shared, value_of, valued
from meshgen.testgen.examples.model import EventValue, FieldValues


def policy_tests(service: Service, index: Index, example_events: ExampleEvents) -> PolicyTests:
    """Return a test for each policy whose event has an example."""
    shared = Shared(example_events.ids)
    tests = []
    for policy in service.policies:
        event = example_events.event(policy.on)
        if event is not None:
            with suppress(EvaluationError):  # the example has no value for one of its fields
                tests.append(_policy_test(policy, event, index, shared))
    return PolicyTests(constants=shared.constants(), tests=tuple(tests))


def _policy_test(policy: Policy, event: EventValue, index: Index, shared: Shared) -> PolicyTest:
    command = index.command(policy.do)
    values = dict(event.fields)
    commands = []
    for items in _items(policy, values):
        bindings = Bindings(values={"event": values, "item": items})
        filled = valued(command.fields, policy.with_, bindings, values)
        commands.append(shared.call(command.command.name, filled))
    return PolicyTest(
        function=policy_function(policy.do.name, policy.on.name),
        event=shared.name(event),
        commands=tuple(commands),
        several=policy.each is not None,
    )


def _items(policy: Policy, values: dict[str, Value]) -> Sequence[dict[str, Value]]:
    if policy.each is None:
        return ({},)
    items = value_of(policy.each.items, Bindings(values={"event": values}))
    assert isinstance(items, list)
    return [{policy.each.variable: item} for item in items]


def projection_tests(
    projection: Projection, index: Index, example_events: ExampleEvents
) -> ProjectionTests:
    """Return a test for each reaction, without a row or with that of the first reaction."""
    shared = Shared(example_events.ids)
    name = row_name(projection)
    first: FieldValues | None = None
    tests = []
    for reaction in projection.reactions:
        event = example_events.event(reaction.event)
        makes = reaction.mode in ("insert", "upsert")
        if event is None or not (makes or first):
            continue
        try:
            after = _row_after(reaction, projection, None if makes else first, event)
        except EvaluationError:
            continue  # the example does not apply to this row
        if makes and first is None:
            first = after
        tests.append(
            ProjectionTest(
                function=snake(event.name),
                before=None if makes else "ROW",
                event=shared.name(event),
                after=_comparison(name, after, first, shared),
            )
        )
    row = shared.call(name, first) if first else None
    return ProjectionTests(constants=shared.constants(), row=row, tests=tuple(tests))


def _comparison(
    name: str, after: FieldValues | None, first: FieldValues | None, shared: Shared
) -> str:
    """Return the comparison of an assertion: the differences from `ROW`."""
    if after is None:
        return "is None"
    if first is None or [key for key, _ in after] != [key for key, _ in first]:
        return f"== {call_source(name, shared.call(name, after).arguments)}"
    changed = tuple(pair for pair, before in zip(after, first, strict=True) if pair != before)
    if not changed:
        return "== ROW"
    return f"== {call_source('replace', shared.call('replace', changed).arguments, 'ROW')}"


def _row_after(
    reaction: Reaction, projection: Projection, before: FieldValues | None, event: EventValue
) -> FieldValues | None:
    if reaction.mode == "delete":
        return None
    values = dict(event.fields)
    row = dict(before) if before else _defaults(projection)
    untouched = {name: value for name, value in row.items() if value == ()}
    row |= {name: [] for name in untouched}
    key = {*projection.partition, *(sort.field for sort in projection.cluster), projection.id}
    fields = [field for field in projection.row if before is None or field.name not in key]
    bindings = Bindings(values={"event": values, "row": row})
    given = dict(valued(fields, reaction.sets, bindings, values))
    row |= untouched | given
    return tuple((field.name, row[field.name]) for field in projection.row if field.name in row)


def _defaults(projection: Projection) -> dict[str, Any]:
    """Return the row before its first event; empty lists are tuples, as in the generated class."""
    found: dict[str, Any] = {}
    for field in projection.row:
        with suppress(KeyError):
            value = initial(field)
            found[field.name] = () if value == [] else value
    return found
