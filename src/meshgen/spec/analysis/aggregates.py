"""Aggregates: their state, and what their events set."""

from __future__ import annotations

from meshgen.spec.analysis.access import (
    OWNER_MISSING,
    OWNERS,
    check_reach,
    role_names,
    shown_fields,
    unrestricted,
)
from meshgen.spec.analysis.commands import build_command
from meshgen.spec.analysis.context import Check
from meshgen.spec.analysis.filling import check_filled, given
from meshgen.spec.analysis.owners import check_somebody_owns
from meshgen.spec.analysis.ports import Operations
from meshgen.spec.analysis.said_paths import said_path
from meshgen.spec.analysis.symbols import AggregateSymbol, EventSymbol
from meshgen.spec.expressions import ReplicaType
from meshgen.spec.hints import meant_or_one_of
from meshgen.spec.model import Aggregate, Event, Readers
from meshgen.spec.syntax import EventSyntax
from meshgen.spec.type_notation import TypeNameError, parse_type
from meshgen.spec.types import UUID
from meshgen.unicode import printable

_PARAMETERS = ("idempotency_key", "if_match", "if_none_match", "query", "request")


def build_aggregate(
    check: Check,
    symbol: AggregateSymbol,
    replicas: dict[str, ReplicaType | None],
    operations: Operations,
) -> Aggregate:
    """The aggregate of the model, with findings for everything that does not fit."""
    syntax = symbol.syntax
    _check_identity(check, symbol)
    _check_owner(check, symbol)
    modes = event_modes(symbol)
    _check_life(check, symbol, modes)
    events = tuple(
        _event(check, symbol, event, modes.get(event.name.text, set())) for event in syntax.events
    )
    commands = tuple(
        build_command(check, command, replicas, operations) for command in symbol.commands.values()
    )
    return Aggregate(
        name=symbol.name,
        id=syntax.id.text if syntax.id else "",
        owner=syntax.owner.text if syntax.owner else None,
        reading=_readers(check, symbol),
        path=said_path(check, syntax.path, f"all of `{symbol.name}`", takes={}),
        event_sourced=syntax.event_sourced,
        state=tuple(symbol.state),
        events=events,
        commands=commands,
        summary=syntax.summary,
        renamed_from=syntax.renamed_from.text if syntax.renamed_from else None,
        at=syntax.name.at,
    )


def event_modes(symbol: AggregateSymbol) -> dict[str, set[str]]:
    """How each event comes about: "creates", "acts", "upserts"."""
    modes: dict[str, set[str]] = {}
    for command in symbol.syntax.commands:
        for emission in command.emits:
            if command.mode:
                modes.setdefault(emission.event.text, set()).add(command.mode)
    return modes


def _check_identity(check: Check, symbol: AggregateSymbol) -> None:
    identity = symbol.syntax.id
    if identity is None:
        return
    for field in symbol.state:
        if field.name == identity.text:
            check.error(
                field.at,
                f"`{identity}` is the id of `{symbol.name}`",
                "leave it out: the id is part of every state",
            )
    for event in symbol.events.values():
        if identity.text in event.own.known:
            check.error(
                event.own.known[identity.text].at,
                f"`{identity}` is the id of `{symbol.name}`",
                "leave it out: the id is part of every event",
            )
    for command in symbol.commands.values():
        own = command.own.known.get(identity.text)
        if own is not None and own.type != UUID:
            check.error(
                own.at,
                f"`{identity}` is the id of `{symbol.name}`: use `uuid`, not `{own.type}`",
            )
    if identity.text in _PARAMETERS:
        check.error(
            identity.at,
            f"`{identity}` cannot be an id",
            "the generated routes have a parameter of this name",
        )
    if identity.text in ("events", "version"):
        check.error(
            identity.at,
            f"`{identity}` cannot be an id",
            "every response to a command has a field of this name",
        )


def _check_owner(check: Check, symbol: AggregateSymbol) -> None:
    owner = symbol.syntax.owner
    if owner is None or symbol.syntax.id is None:
        return
    field = symbol.whole.known.get(owner.text)
    if field is None:
        if symbol.whole.missing(owner.text):
            uuids = [f.name for f in symbol.whole if f.type in OWNERS]
            check.error(
                owner.at,
                f"`{symbol.name}` has no field `{owner}`",
                meant_or_one_of(owner.text, uuids),
            )
    elif field.type not in OWNERS:
        message = f"an owner must be a `uuid` or a `list[uuid]`; `{owner}` is `{field.type}`"
        check.error(owner.at, message)
    else:
        check.uses(owner, field)


def _readers(check: Check, symbol: AggregateSymbol) -> Readers | None:
    """Return who may read the aggregate by its id; None if the spec is silent."""
    read, owner = symbol.syntax.read, symbol.syntax.owner
    if read is None:
        return None
    if check.knows("owner"):
        check_reach(check, read.roles, owner, f"`{symbol.name}`", OWNER_MISSING)
        check_somebody_owns(check, symbol, read.roles, f"read a `{symbol.name}`")
    shown = shown_fields(symbol)
    for word in read.fields:
        if word.text in shown.known:
            check.uses(word, shown.known[word.text])
        elif symbol.whole.missing(word.text):
            hint = meant_or_one_of(word.text, list(symbol.state.known))
            check.error(word.at, f"`{symbol.name}` has no field `{printable(word.text)}`", hint)
    return Readers(
        roles=role_names(read.roles) or (),
        unrestricted=unrestricted(read.roles, owner),
        fields=tuple(shown.known) if read.fields else (),
    )


def _check_life(check: Check, symbol: AggregateSymbol, modes: dict[str, set[str]]) -> None:
    """Check that some command creates the aggregate, and that every event can occur."""
    commands = symbol.syntax.commands
    if not check.knows("commands", "events"):
        return
    caused = {emission.event.text for command in commands for emission in command.emits}
    if any(c.mode is None or not c.emits for c in commands) or not caused <= symbol.events.keys():
        return
    if not any(c.mode in ("creates", "upserts") for c in commands):
        check.error(
            symbol.syntax.name.at,
            f"no command creates a `{symbol.name}`",
            "add a command with `creates` or `upserts`",
        )
    for event in symbol.events.values():
        if event.name not in modes:
            check.error(
                event.syntax.name.at,
                f"no command of `{symbol.name}` emits `{event.name}`",
                "remove it, or emit it from a command",
            )
        elif "creates" in modes[event.name] and len(modes[event.name]) > 1:
            hint = "use two events, one for new aggregates and one for existing ones"
            check.error(event.syntax.name.at, f"`{event.name}` is both created and emitted", hint)


def _event(check: Check, aggregate: AggregateSymbol, syntax: EventSyntax, modes: set[str]) -> Event:
    symbol, state = aggregate.events[syntax.name.text], aggregate.state
    names = check.names().fields("event", symbol.whole, "event")
    if "creates" in modes:
        names.without(["state", *state.known], "a new aggregate has no state yet")
    else:
        names.fields("state", state, "state")
    sets = check.assignments(syntax.sets, state, f"the state of `{aggregate.name}`", names)
    named = given(syntax.sets, state)
    hint = "add an event field of the same name, or set it: `sets: {{{field}: ...}}`"
    at, label = syntax.name.at, f"`{symbol.name}`"
    what = f"the state of `{aggregate.name}`"
    if "creates" in modes:
        check_filled(
            check,
            state,
            named,
            [(label, symbol.own)],
            at,
            what,
            hint,
            names=names,
        )
    else:
        shared = [field for field in state if field.name in symbol.own.known]
        check_filled(check, shared, named, [(label, symbol.own)], at, what, hint, names=names)
    _check_summary(check, symbol)
    return Event(
        name=symbol.name,
        version=1,
        fields=tuple(symbol.own),
        sets=sets,
        summary=syntax.summary,
        renamed_from=syntax.renamed_from.text if syntax.renamed_from else None,
        at=at,
    )


def _check_summary(check: Check, symbol: EventSymbol) -> None:
    """An event's key `summary` is prose; the name of a type there was meant as a field's."""
    try:
        parse_type(symbol.syntax.summary or "", check.types)
    except TypeNameError:
        return
    message = "`summary` describes an event and cannot be one of its fields"
    check.error(symbol.syntax.name.at, message, "rename the field")
