"""Aggregates: the cases of `decide` and `evolve`."""

from __future__ import annotations

from meshgen.mesh.annotations import attribute
from meshgen.mesh.model import (
    AggregateView,
    Argument,
    Bound,
    Branch,
    Call,
    CommandCase,
    EventCase,
    Rule,
)
from meshgen.mesh.naming import article, pascal, snake, words
from meshgen.mesh.python import replica_reads, uses_state
from meshgen.mesh.resolve.code import code, filled, from_sources
from meshgen.mesh.resolve.index import with_id
from meshgen.spec.expressions import Expression
from meshgen.spec.model import Aggregate, Assignment, Command, Emission, Event, Field, PortCall

_RESERVED = {"command", "context", "event", "field", "replace", "known", "require"}


def aggregate_view(aggregate: Aggregate) -> AggregateView:
    """Return `aggregate` with its cases computed."""
    module, variable = snake(aggregate.name), variable_of(aggregate)
    return AggregateView(
        name=aggregate.name,
        module=module,
        variable=variable,
        words=words(aggregate.name),
        described=article(words(aggregate.name)),
        summary=aggregate.summary or f"what may happen to {article(words(aggregate.name))}, and what it then is.",
        kind="EventSourced" if aggregate.event_sourced else "StateStored",
        id=aggregate.id,
        owner=aggregate.owner,
        state=tuple(attribute(field) for field in aggregate.state),
        commands=tuple(_command_case(command, aggregate) for command in aggregate.commands),
        events=tuple(
            event_case(event, aggregate, aggregate.name, variable, aggregate.state)
            for event in aggregate.events
        ),
    )


def variable_of(aggregate: Aggregate) -> str:
    """The local name of the aggregate's state: `order`; `order_` where the word is taken."""
    word = snake(aggregate.name)
    return f"{word}_" if word in _RESERVED or word == aggregate.id else word


def mode_of(event: Event, aggregate: Aggregate) -> str:
    """How `event` meets the state: it "creates" it, "upserts" it, or "acts" on what is there."""
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
    """The case that carries `event` over to the fields `state` of the dataclass `record`."""
    names = {"state": variable, "event": "event"}
    fields = tuple(field for field in state if _changes(event, field))
    arguments = filled(
        fields,
        event.sets,
        lambda value: code(value, names),
        from_sources(("event", event.fields)),
    )
    mode = mode_of(event, aggregate)
    if mode == "creates":
        identity = Argument(name=aggregate.id, value=f"event.{aggregate.id}")
        return EventCase(name=event.name, opening=None, returns=_call(record, (identity, *arguments)))
    opening = None
    if mode == "upserts":
        opening = f"{variable} = {variable} or {record}({aggregate.id}=event.{aggregate.id})"
        subject = variable
    elif any(_reads_state(assignment.value) for assignment in event.sets if _sets(assignment, state)):
        opening, subject = f"{variable} = known({variable})", variable
    else:
        subject = f"known({variable})"
    return EventCase(
        name=event.name,
        opening=opening,
        returns=_call("replace", arguments, subject) if arguments else subject,
    )


def _sets(assignment: Assignment, state: tuple[Field, ...]) -> bool:
    return any(field.name == assignment.target for field in state)


def _changes(event: Event, field: Field) -> bool:
    return any(field.name == assignment.target for assignment in event.sets) or any(
        field.name == own.name for own in event.fields
    )


def _reads_state(expression: Expression) -> bool:
    return uses_state(expression)


def _call(name: str, arguments: tuple[Argument, ...], first: str | None = None) -> str:
    parts = [first] if first else []
    parts += [f"{argument.name}={argument.value}" for argument in arguments]
    return f"{name}({', '.join(parts)})"


def _command_case(command: Command, aggregate: Aggregate) -> CommandCase:
    variable = variable_of(aggregate)
    names = {"state": variable, "input": "command"}
    lookups = _lookups(command, names)
    rows = {key: bound.name for key, bound in lookups.items()}
    return CommandCase(
        name=command.name,
        opening=_opening(command, aggregate),
        lookups=tuple(lookups.values()),
        rules=tuple(
            Rule(name=guard.name, condition=code(guard.condition, names, rows))
            for guard in command.requires
        ),
        questions=tuple(_question(call, names, rows) for call in command.calls),
        branches=_branches(command, aggregate, names, rows),
    )


def _opening(command: Command, aggregate: Aggregate) -> str | None:
    variable = variable_of(aggregate)
    if command.mode == "creates":
        return f"require_new({variable})"
    if command.mode == "acts":
        needed = _needs_state(command, aggregate)
        assignment = f"{variable} = " if needed else ""
        return f"{assignment}require_existing({variable})"
    if _needs_state(command, aggregate):
        return f"{variable} = {variable} or {aggregate.name}({aggregate.id}=command.{aggregate.id})"
    return None


def _needs_state(command: Command, aggregate: Aggregate) -> bool:
    if any(uses_state(expression) for expression in _expressions(command)):
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


def _lookups(command: Command, names: dict[str, str]) -> dict[tuple[str, str], Bound]:
    """One local variable for every row of a replica that the command looks at."""
    found: dict[tuple[str, str], Bound] = {}
    for expression in _expressions(command):
        for replica, key in replica_reads(expression, names):
            if (replica, key) not in found:
                taken = sum(1 for other, _ in found if other == replica)
                name = snake(replica) if not taken else f"{snake(replica)}_{taken + 1}"
                value = f"context.get({replica}, {key})"
                found[replica, key] = Bound(name=name, value=value)
    return found


def _question(
    call: PortCall, names: dict[str, str], rows: dict[tuple[str, str], str]
) -> Bound:
    arguments = tuple(
        Argument(name=argument.target, value=code(argument.value, names, rows))
        for argument in call.arguments
    )
    return Bound(name=call.name, value=f"context.ask({_call(pascal(call.operation), arguments)})")


def _branches(
    command: Command,
    aggregate: Aggregate,
    names: dict[str, str],
    rows: dict[tuple[str, str], str],
) -> tuple[Branch, ...]:
    branches = []
    sources = [("command", with_id(aggregate, command.input))]
    if command.mode != "creates":
        sources.append((names["state"], aggregate.state))
    for number, emission in enumerate(command.emits):
        arguments = filled(
            with_id(aggregate, _fields_of(emission, aggregate)),
            emission.fill,
            lambda value: code(value, names, rows),
            from_sources(*sources),
        )
        if emission.when is not None:
            word = "elif" if number else "if"
            keyword = f"{word} {code(emission.when, names, rows)}"
        else:
            keyword = "else" if number else None
        branches.append(Branch(keyword=keyword, event=Call(name=emission.event, arguments=arguments)))
    return tuple(branches)
