"""Examples for the generated tests, found by executing the spec."""

from __future__ import annotations

from collections import Counter

from meshgen.naming import words
from meshgen.spec.expressions.budget import Budget
from meshgen.spec.model import Aggregate, Service, Spec
from meshgen.testgen.examples.attempts import Sources
from meshgen.testgen.examples.candidates import Candidates
from meshgen.testgen.examples.domain import Emitted, Refused, all_expressions
from meshgen.testgen.examples.model import (
    NOW,
    AnswerValue,
    EventValue,
    Example,
    ExampleId,
    FieldValues,
    Found,
    RowValue,
    new_id,
)
from meshgen.testgen.examples.relevance import conditions, literals, relevance
from meshgen.testgen.examples.search import Goal, Hit, Search, goals
from meshgen.testgen.examples.titles import requirement

__all__ = [
    "NOW",
    "AnswerValue",
    "EventValue",
    "Example",
    "ExampleId",
    "FieldValues",
    "Found",
    "RowValue",
    "examples",
    "new_id",
]

MAX_STEPS = 1_000_000
"""The steps of the search for the examples of an aggregate; those of the shop take 2,000."""


def examples(spec: Spec, service: Service, aggregate: Aggregate) -> Found:
    """Return examples of every event and every refusal of the commands of `aggregate`."""
    budget = Budget(MAX_STEPS)
    candidates = _candidates(spec, service, aggregate, budget)
    search = Search(aggregate, Sources(spec, service), candidates, budget)
    search.run()
    modes = {command.name: command.mode for command in aggregate.commands}
    titles: Counter[str] = Counter()
    found, missing = [], []
    for goal in goals(aggregate):
        hit = search.hits.get(goal)
        if hit is None:
            missing.append((goal.command, goal.what or "row"))
            continue
        title = _title(goal, hit, aggregate)
        titles[title] += 1
        if titles[title] > 1:
            title = f"{title}, {titles[title]}"
        found.append(_example(goal, hit, modes[goal.command], title))
    return Found(tuple(found), tuple(missing), candidates.ids)


def _candidates(spec: Spec, service: Service, aggregate: Aggregate, budget: Budget) -> Candidates:
    everything = relevance(aggregate, (command.name for command in aggregate.commands))
    operations = [operation for port in service.ports for operation in port.operations]
    simulated = [fill.value for operation in operations for fill in operation.simulated]
    deciding = [each for command in aggregate.commands for each in conditions(command)]
    found = literals([*deciding, *all_expressions(aggregate), *simulated])
    return Candidates(spec.types, found, everything.fields, budget)


def _example(goal: Goal, hit: Hit, mode: str, title: str) -> Example:
    outcome = hit.outcome
    emitted = isinstance(outcome, Emitted)
    return Example(
        title=title,
        command=goal.command,
        mode=mode,
        given=hit.given,
        rows=hit.rows,
        answers=outcome.answers if isinstance(outcome, Emitted) else (),
        input=tuple(hit.attempt.input.items()),
        then=(outcome.event,) if emitted and isinstance(outcome, Emitted) else (),
        refused=outcome.rule if isinstance(outcome, Refused) else None,
    )


def _title(goal: Goal, hit: Hit, aggregate: Aggregate) -> str:
    """Return e.g. `cancel order requires an order that is open`."""
    command = words(goal.command)
    if isinstance(hit.outcome, Emitted):
        return f"{command} emits {words(goal.what)}"
    if goal.kind == "state":
        which = "a new" if goal.what == "already_exists" else "an existing"
        return f"{command} requires {which} {words(aggregate.name)}"
    if goal.kind == "row":
        return (
            f"{command} requires an existing {words(hit.outcome.rule).removesuffix(' not found')}"
        )
    return f"{command} requires {requirement(hit.outcome.rule, aggregate.name)}"
