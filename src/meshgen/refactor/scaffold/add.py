"""`add_service`, `add_aggregate`, `add_event`, `add_projection`: new elements of a spec."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from meshgen.errors import MeshgenError
from meshgen.naming import pascal, split_words
from meshgen.refactor.inflection import command_of, participle_of
from meshgen.refactor.scaffold import projections
from meshgen.refactor.scaffold.aggregates import (
    AggregateRequest,
    Fields,
    bare,
    policy,
    propose,
    short,
)
from meshgen.refactor.scaffold.context import (
    aggregate_of,
    common_fields,
    monolith,
    most_common_store,
    role_for,
    service_of,
    triggers,
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
    """Return `text` with a new service: aggregates with events and commands, and policies.

    If all units of the system run in one process, the service is added to it.

    Args:
        text: A valid spec.
        name: The name of the service.
        store: The store engine; by default the most common one in the spec.
        aggregates: The names of its aggregates; by default derived from `emits` or `name`.
        on: The events to react to. The n-th of them leads to the n-th event of `emits`.
        emits: The events of the first aggregate; `Aggregate.Event` selects another.
        fields: The fields of the first aggregate, in addition to those of the events in `on`.
        roles: The roles allowed to send the commands that no policy sends.

    Raises:
        MeshgenError: A name is invalid or unknown.
        RefusedEditError: The spec has findings, before or after the change.
    """

    def change(body: str, spec: Spec) -> str:
        _check_name(name, UNIT, "a service")
        requests = _requests(spec, name, tuple(aggregates), tuple(emits), tuple(on), fields, roles)
        proposed = {r.name: propose(spec, name, r) for r in requests}
        block = Block(
            store=store or most_common_store((s.store.engine for s in spec.services), "sqlite")
        )
        block["aggregates"] = Block({n: p.aggregate for n, p in proposed.items()})
        if policies := [policy for p in proposed.values() for policy in p.policies]:
            block["policies"] = policies
        return _in_monolith(put(body, ("services", name), block), spec, name)

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
    """Return `text` with a new aggregate in `service`; see `add_service` for the arguments."""

    def change(body: str, spec: Spec) -> str:
        unit = service_of(spec, service).name
        (request,) = _requests(spec, unit, (name,), tuple(emits), tuple(on), fields, roles)
        proposed = propose(spec, unit, request)
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
    """Return `text` with a new event and the command that emits it.

    Args:
        text: A valid spec.
        aggregate: The aggregate, such as `order.Order`.
        name: The name of the event.
        fields: The fields of the event and of the command's input; by default the common fields
            of the events in `on`.
        sets: The state fields that the event sets, each with an expression.
        command: The name of the command; by default derived from the event's.
        on: The events to react to with the command.
        roles: The roles allowed to send the command.

    Raises:
        MeshgenError: A name is invalid or unknown.
        RefusedEditError: The spec has findings, before or after the change.
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
    """Return `text` with a new projection.

    Args:
        text: A valid spec.
        name: The name of the projection.
        on: The events that feed it.
        store: The store engine; by default the most common one in the spec.
        by: The field to look rows up by; by default their owner, else their id.

    Raises:
        MeshgenError: A name is invalid or unknown.
        RefusedEditError: The spec has findings, before or after the change.
    """

    def change(body: str, spec: Spec) -> str:
        _check_name(name, UNIT, "a projection")
        events = triggers(spec, on)
        if not events:
            hint = "name the events that feed it, such as `--on order.OrderPlaced`"
            raise MeshgenError(f"the projection `{name}` has no events", hint)
        engines = [p.store.engine for p in spec.projections]
        engines += [s.store.engine for s in spec.services]
        engine = store or most_common_store((e for e in engines if e != "cassandra"), "sqlite")
        block = projections.propose(spec, name, events, engine, by)
        body = put(body, ("projections", name), block, SPEC.names)
        return _in_monolith(body, spec, name)

    return edited(text, change)


def _requests(
    spec: Spec,
    unit: str,
    names: tuple[str, ...],
    emits: tuple[str, ...],
    on: tuple[str, ...],
    fields: Fields | None,
    roles: Iterable[str],
) -> list[AggregateRequest]:
    """Return the requested aggregates; the first gets the events that name no aggregate."""
    if not names:
        names = (_aggregate_name(unit, emits),)
        if CLASS.fault(names[0], "an aggregate"):
            message = f"the default name `{names[0]}` is not valid for an aggregate of `{unit}`"
            raise MeshgenError(message, "name the aggregate with `--aggregate NAME`")
    events: dict[str, list[str]] = {name: [] for name in names}
    for emitted in emits:
        owner, _, event = emitted.rpartition(".")
        _check_name(event, CLASS, "an event")
        if owner and owner not in events:
            hint = f"add it with `--aggregate {owner}`"
            raise MeshgenError(f"there is no new aggregate `{owner}` for `{event}`", hint)
        events[owner or names[0]].append(event)
    for name in names:
        _check_name(name, CLASS, "an aggregate")
    for name in fields or ():
        _check_name(name, FIELD, "a field")
    first = triggers(spec, on)
    return [
        AggregateRequest(
            name=name,
            events=tuple(events[name]),
            fields=(fields or {}) if name == names[0] else {},
            triggers=first if name == names[0] else (),
            roles=tuple(roles),
        )
        for name in names
    ]


def _aggregate_name(unit: str, emits: tuple[str, ...]) -> str:
    """Derive the name: `Parcel` from `ParcelDispatched`, else from the unit."""
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


def _in_monolith(text: str, spec: Spec, unit: str) -> str:
    """Add a new unit to the process of a monolith."""
    process = monolith(spec)
    return append(text, ("processes", process), unit) if process else text


def _check_name(name: str, rule: NameRule, what: str) -> None:
    if fault := rule.fault(name, what):
        raise MeshgenError(*fault)
