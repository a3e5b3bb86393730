"""`add_service`, `add_aggregate`, `add_event`, `add_projection`: new things that work at once."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from meshgen.errors import MeshgenError
from meshgen.naming import pascal, split_words
from meshgen.refactor.inflection import command_of, participle_of
from meshgen.refactor.scaffold import projections
from meshgen.refactor.scaffold.aggregates import Fields, Wanted, bare, policy, propose, short
from meshgen.refactor.scaffold.context import (
    aggregate_of,
    common_fields,
    monolith,
    role_for,
    service_of,
    triggers,
    usual_store,
)
from meshgen.refactor.validation import edited
from meshgen.refactor.yaml.document import document
from meshgen.refactor.yaml.emit import Block, Value
from meshgen.refactor.yaml.insert import append, put
from meshgen.spec.grammar import SERVICE, SPEC
from meshgen.spec.grammar.names import CLASS, FIELD, UNIT, NameRule
from meshgen.spec.model import Spec


def add_service(
    text: str,
    name: str,
    *,
    store: str | None = None,
    aggregates: Iterable[str] = (),
    on: Iterable[str] = (),
    emits: Iterable[str] = (),
    fields: Fields | None = None,
    roles: Iterable[str] = (),
) -> str:
    """`text` with a new service: its aggregates, with events, commands, and policies on `on`.

    Events go to the first aggregate; `Aggregate.Event` says another. The n-th event of `on` leads
    to the n-th of `emits`. Fields are those of the events it follows, and `fields`; commands that
    nothing leads to get `roles`. In a system that runs in one process it runs there, too.

    Raises `MeshgenError` for names that are none or unknown, `RefusedEditError` for findings.
    """

    def change(body: str, spec: Spec) -> str:
        _check_name(name, UNIT, "a service")
        wanted = _wanted(spec, name, tuple(aggregates), tuple(emits), tuple(on), fields, roles)
        proposed = {w.name: propose(spec, name, w) for w in wanted}
        block = Block(store=store or usual_store((s.store.engine for s in spec.services), "sqlite"))
        block["aggregates"] = Block({n: p.aggregate for n, p in proposed.items()})
        if policies := [policy for p in proposed.values() for policy in p.policies]:
            block["policies"] = policies
        return _beside(put(body, ("services", name), block), spec, name)

    return edited(text, change)


def add_aggregate(
    text: str,
    service: str,
    name: str,
    *,
    on: Iterable[str] = (),
    emits: Iterable[str] = (),
    fields: Fields | None = None,
    roles: Iterable[str] = (),
) -> str:
    """`text` with a new aggregate in `service`, as `add_service` makes them."""

    def change(body: str, spec: Spec) -> str:
        unit = service_of(spec, service).name
        (wanted,) = _wanted(spec, unit, (name,), tuple(emits), tuple(on), fields, roles)
        proposed = propose(spec, unit, wanted)
        body = put(body, ("services", unit, "aggregates", name), proposed.aggregate)
        return _with_policies(body, unit, proposed.policies)

    return edited(text, change)


def add_event(
    text: str,
    aggregate: str,
    name: str,
    *,
    fields: Fields | None = None,
    sets: Mapping[str, str] | None = None,
    command: str | None = None,
    on: Iterable[str] = (),
    roles: Iterable[str] = (),
) -> str:
    """`text` with a new event of `aggregate` (`order.Order`) and the command that emits it.

    sets: fields of the state, each with its expression
    command: its name, if not that which follows from the event's
    fields: those of the event and of the command's input; by default what the events `on` have

    Raises `MeshgenError` for names that are none or unknown, `RefusedEditError` for findings.
    """

    def change(body: str, spec: Spec) -> str:
        _check_name(name, CLASS, "an event")
        service, known = aggregate_of(spec, aggregate)
        causes = triggers(spec, on)
        own = dict(fields or common_fields(causes))
        own.pop(known.id, None)
        event: dict[str, Value] = {n: bare(field) for n, field in own.items()}
        if sets:
            event["sets"] = dict(sets)
        cause = command or command_of(name)
        _check_name(cause, CLASS, "a command")
        gives = tuple(roles) or (role_for(spec, known, owned=known.owner is not None),)
        place = ("services", service.name, "aggregates", known.name)
        body = put(body, (*place, "events", name), event)
        does: Block = Block() if causes else Block(roles=list(gives))
        if own:
            does["input"] = own
        does["emits"] = name
        body = put(body, (*place, "commands", cause), short(does))
        policies: list[Value] = [policy(t, service.name, cause, known.id) for t in causes]
        return _with_policies(body, service.name, policies)

    return edited(text, change)


def add_projection(
    text: str,
    name: str,
    *,
    on: Iterable[str],
    store: str | None = None,
    by: str | None = None,
) -> str:
    """`text` with a new projection of the events `on`, whose rows are found by the field `by`.

    Without `by` they are found by their owner, if they have one.

    Raises `MeshgenError` for names that are none or unknown, `RefusedEditError` for findings.
    """

    def change(body: str, spec: Spec) -> str:
        _check_name(name, UNIT, "a projection")
        events = triggers(spec, on)
        if not events:
            hint = "name the events that feed it: `--on order.OrderPlaced`"
            raise MeshgenError(f"the projection `{name}` has no events", hint)
        known = [p.store.engine for p in spec.projections]
        known += [s.store.engine for s in spec.services]
        engine = store or usual_store((e for e in known if e != "cassandra"), "sqlite")
        block = projections.propose(spec, name, events, engine, by)
        body = put(body, ("projections", name), block, SPEC.names)
        return _beside(body, spec, name)

    return edited(text, change)


def _wanted(
    spec: Spec,
    unit: str,
    names: tuple[str, ...],
    emits: tuple[str, ...],
    on: tuple[str, ...],
    fields: Fields | None,
    roles: Iterable[str],
) -> list[Wanted]:
    """The aggregates asked for, the first with all events that do not say another."""
    if not names:
        names = (_aggregate_name(unit, emits),)
        if CLASS.fault(names[0], "an aggregate"):
            message = f"an aggregate of `{unit}` cannot be called `{names[0]}`"
            raise MeshgenError(message, "say how it is called: `--aggregate NAME`")
    events: dict[str, list[str]] = {name: [] for name in names}
    for emitted in emits:
        owner, _, event = emitted.rpartition(".")
        _check_name(event, CLASS, "an event")
        if owner and owner not in events:
            hint = f"give it, too: `--aggregate {owner}`"
            raise MeshgenError(f"there is no new aggregate `{owner}` for `{event}`", hint)
        events[owner or names[0]].append(event)
    for name in names:
        _check_name(name, CLASS, "an aggregate")
    for name in fields or ():
        _check_name(name, FIELD, "a field")
    first = triggers(spec, on)
    return [
        Wanted(
            name=name,
            events=tuple(events[name]),
            fields=(fields or {}) if name == names[0] else {},
            triggers=first if name == names[0] else (),
            roles=tuple(roles),
        )
        for name in names
    ]


def _aggregate_name(unit: str, emits: tuple[str, ...]) -> str:
    """`Parcel` for what emits `ParcelDispatched`; else the unit's own name."""
    words = split_words(emits[0].rpartition(".")[2]) if emits else []
    count = len(words) - len(participle_of(emits[0]).split("_")) if emits else 0
    return "".join(words[:count]) or pascal(unit)


def _with_policies(text: str, unit: str, policies: list[Value]) -> str:
    place = ("services", unit, "policies")
    for new in policies:
        if document(text).has(place):
            text = append(text, place, new)
        else:
            text = put(text, place, [new], SERVICE.names)
    return text


def _beside(text: str, spec: Spec, unit: str) -> str:
    """In a system that runs in one process, a new unit runs there, too."""
    process = monolith(spec)
    return append(text, ("processes", process), unit) if process else text


def _check_name(name: str, rule: NameRule, what: str) -> None:
    if fault := rule.fault(name, what):
        raise MeshgenError(*fault)
