"""Aggregates: the cases of `decide` and `evolve`."""

from __future__ import annotations

from collections.abc import Mapping

from meshgen.identities import Identities
from meshgen.naming import article, identifier, pascal, snake, words
from meshgen.spec.expressions import Access, Expression
from meshgen.spec.model import Aggregate, Assignment, Command, Emission, Event, Field, PortCall
from meshgen.system.index import with_id
from meshgen.system.lower.identities import identity_of, stored_as
from meshgen.system.model import (
    AggregateView,
    Argument,
    Bound,
    Branch,
    Call,
    CommandCase,
    EventCase,
    Rule,
)
from meshgen.system.pysource.annotations import attribute
from meshgen.system.pysource.calls import (
    Scene,
    call_source,
    filled,
    from_sources,
    reads,
    tells_presence,
)
from meshgen.system.pysource.expressions import replica_reads
from meshgen.testgen.cases.domain import domain_tests
from meshgen.testgen.examples import Found


def aggregate_view(
    aggregate: Aggregate, unit: str, identities: Identities, found: Found
) -> AggregateView:
    """Return an aggregate of `unit`; `found` are the examples for its tests."""
    path = ("services", unit, "aggregates", aggregate.name)
    module, variable = identifier(aggregate.name), variable_of(aggregate)
    return AggregateView(
        name=aggregate.name,
        identity=identity_of(identities, *path),
        module=module,
        variable=variable,
        words=words(aggregate.name),
        described=article(words(aggregate.name)),
        summary=aggregate.summary or "its state, its decisions and the effects of its events.",
        about=aggregate.summary or "",
        kind="EventSourced" if aggregate.event_sourced else "StateStored",
        id=aggregate.id,
        owner=aggregate.owner,
        state=tuple(attribute(field) for field in aggregate.state),
        stored=stored_as(identities, (*path, "state"), aggregate.state),
        commands=tuple(_command_case(command, aggregate) for command in aggregate.commands),
        events=tuple(
            event_case(event, aggregate, aggregate.name, variable, aggregate.state)
            for event in aggregate.events
        ),
        testing=domain_tests(found),
    )


def variable_of(aggregate: Aggregate) -> str:
    """Return the variable of the aggregate's state: `order`, or `order_` if that is taken."""
    word = identifier(aggregate.name)
    return f"{word}_" if word == aggregate.id else word


def mode_of(event: Event, aggregate: Aggregate) -> str:
    """Return how `event` changes the state: "creates", "upserts" or "acts"."""
    modes = {
        command.mode
        for command in aggregate.commands
        for emission in command.emits
        if emission.event == event.name
    }
    return next((mode for mode in ("upserts", "creates") if mode in modes), "acts")


def event_case(
    event: Event, aggregate: Aggregate, record: str, variable: str, state: tuple[Field, ...]
) -> EventCase:
    """Return the case that applies `event` to the fields `state` of the dataclass `record`."""
    scene = Scene({"state": variable, "event": "event"})
    mode = mode_of(event, aggregate)
    fields = tuple(field for field in state if _changes(event, field, aggregate))
    arguments = filled(
        fields,
        event.sets,
        scene,
        from_sources(("event", event.fields)),
    )
    if mode == "creates":
        identity = Argument(name=aggregate.id, value=f"event.{aggregate.id}")
        return EventCase(
            name=event.name, opening=None, returns=call_source(record, (identity, *arguments))
        )
    opening = None
    if mode == "upserts":
        opening = f"{variable} = {variable} or {record}({aggregate.id}=event.{aggregate.id})"
        subject = variable
    elif any(
        reads(assignment.value, "state") for assignment in event.sets if _sets(assignment, state)
    ):
        opening, subject = f"{variable} = existing({variable})", variable
    else:
        subject = f"existing({variable})"
    return EventCase(
        name=event.name,
        opening=opening,
        returns=call_source("replace", arguments, subject) if arguments else subject,
    )


def _sets(assignment: Assignment, state: tuple[Field, ...]) -> bool:
    return any(field.name == assignment.target for field in state)


def _changes(event: Event, field: Field, aggregate: Aggregate) -> bool:
    """Tell whether `event` may change `field`."""
    if any(field.name == assignment.target for assignment in event.sets):
        return True
    carried = any(field.name == own.name for own in event.fields)
    return carried and not _only_repeats(event, field.name, aggregate)


def _only_repeats(event: Event, field: str, aggregate: Aggregate) -> bool:
    """Tell whether `event` only repeats `field` from the state, for its consumers."""
    emissions = [
        (command, emission)
        for command in aggregate.commands
        for emission in command.emits
        if emission.event == event.name
    ]
    return all(
        command.mode == "acts"
        and all(field != assignment.target for assignment in emission.fill)
        and all(field != own.name for own in command.input)
        for command, emission in emissions
    )


def _command_case(command: Command, aggregate: Aggregate) -> CommandCase:
    names = {"state": variable_of(aggregate), "input": "command"}
    lookups = _lookups(command, names)
    rows = {read: bound.name for read, bound in lookups.items()}
    scene = Scene(names, rows)
    return CommandCase(
        name=command.name,
        opening=_opening(command, aggregate),
        lookups=tuple(lookups.values()),
        rules=tuple(
            Rule(
                name=guard.name,
                condition=scene.code(guard.condition),
                negated=scene.negated(guard.condition) if tells_presence(guard.condition) else None,
            )
            for guard in command.requires
        ),
        questions=tuple(_question(call, command, scene) for call in command.calls),
        branches=_branches(command, aggregate, scene),
    )


def _opening(command: Command, aggregate: Aggregate) -> str | None:
    variable = variable_of(aggregate)
    if command.mode == "creates":
        return f"require_new({variable})"
    if command.mode == "acts":
        needed = _needs_state(command, aggregate)
        assignment = f"{variable} = " if needed else ""
        return f"{assignment}existing({variable})"
    if _needs_state(command, aggregate):
        return f"{variable} = {variable} or {aggregate.name}({aggregate.id}=command.{aggregate.id})"
    return None


def _needs_state(command: Command, aggregate: Aggregate) -> bool:
    if any(reads(expression, "state") for expression in _expressions(command)):
        return True
    inputs = {field.name for field in with_id(aggregate, command.input)}
    state = {field.name for field in aggregate.state}
    return any(
        field.name in state - inputs - {assignment.target for assignment in emission.fill}
        for emission in command.emits
        for field in _fields_of(emission, aggregate)
    )


def _expressions(command: Command) -> list[Expression]:
    found = [guard.condition for guard in command.requires]
    found += [argument.value for call in command.calls for argument in call.arguments]
    for emission in command.emits:
        found += [assignment.value for assignment in emission.fill]
        found += [emission.when] if emission.when else []
    return found


def _fields_of(emission: Emission, aggregate: Aggregate) -> tuple[Field, ...]:
    event = next(event for event in aggregate.events if event.name == emission.event)
    return event.fields


def _lookups(command: Command, names: Mapping[str, str]) -> dict[tuple[str, str], Bound]:
    """Return a local variable for every replica row that the command reads unconditionally."""
    found: dict[tuple[str, str], Bound] = {}
    for expression in _expressions(command):
        for read in replica_reads(expression, names):
            if (read.replica, read.key) not in found:
                row = read.replica
                taken = sum(1 for replica, _ in found if replica == read.replica)
                name = identifier(row) if not taken else f"{snake(row)}_{taken + 1}"
                bound = Bound(name=name, value=f"context.get({row}, {read.key})")
                found[read.replica, read.key] = bound
    return found


def _question(call: PortCall, command: Command, scene: Scene) -> Bound:
    """Return the call of a port and the variable for its result, unnamed if it is unused."""
    arguments = tuple(
        Argument(name=argument.target, value=scene.code(argument.value))
        for argument in call.arguments
    )
    used = any(_answered_by(call, expression) for expression in _expressions(command))
    value = f"context.ask({call_source(pascal(call.operation), arguments)})"
    return Bound(name=call.name if used else "", value=value)


def _answered_by(call: PortCall, expression: Expression) -> bool:
    accesses = (ref for ref in expression.refs.values() if isinstance(ref, Access))
    return any(access.record == call.name for access in accesses)


def _branches(command: Command, aggregate: Aggregate, scene: Scene) -> tuple[Branch, ...]:
    branches = []
    sources = [("command", with_id(aggregate, command.input))]
    if command.mode != "creates":
        sources.append((scene.names["state"], aggregate.state))
    for number, emission in enumerate(command.emits):
        arguments = filled(
            with_id(aggregate, _fields_of(emission, aggregate)),
            emission.fill,
            scene,
            from_sources(*sources),
        )
        branches.append(
            Branch(
                keyword=_keyword(emission, number, scene),
                event=Call(name=emission.event, arguments=arguments),
            )
        )
    return tuple(branches)


def _keyword(emission: Emission, number: int, scene: Scene) -> str | None:
    if emission.when is None:
        return "else" if number else None
    return f"{'elif' if number else 'if'} {scene.code(emission.when)}"
