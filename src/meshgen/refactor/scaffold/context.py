"""Defaults for new elements, taken from the spec: events, roles, stores, processes."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from meshgen.errors import MeshgenError
from meshgen.naming import pascal
from meshgen.spec.hints import meant
from meshgen.spec.model import Aggregate, Command, Event, Service, Spec, Stream, StreamEvent
from meshgen.spec.types import UUID
from meshgen.unicode import printable

DEFAULT_ROLE = "user"


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Trigger:
    """An event that a new element reacts to.

    The rows of a stream, to which its events happen, are described as an aggregate without
    commands.
    """

    unit: str
    aggregate: Aggregate
    event: Event

    def name_in(self, unit: str) -> str:
        """Return the reference to the event in `unit`."""
        return self.event.name if unit == self.unit else f"{self.unit}.{self.event.name}"

    @property
    def fields(self) -> dict[str, str]:
        """The fields of the event, without the aggregate's id, with their types as text."""
        return {field.name: str(field.type) for field in self.event.fields}


def triggers(spec: Spec, names: Iterable[str]) -> tuple[Trigger, ...]:
    """Return the events called `names`, with or without their units.

    Raises:
        MeshgenError: There is no such event.
    """
    known = {f"{t.unit}.{t.event.name}": t for t in _events(spec)}
    bare = {t.event.name: t for t in known.values()}  # the names of events are unique
    found = []
    for name in names:
        trigger = known.get(name) or bare.get(name)
        if trigger is None:
            message = f"there is no event `{printable(name)}` in the spec"
            raise MeshgenError(message, meant(name, known))
        found.append(trigger)
    return tuple(dict.fromkeys(found))


def _events(spec: Spec) -> Iterator[Trigger]:
    for service in spec.services:
        for aggregate in service.aggregates:
            for event in aggregate.events:
                yield Trigger(unit=service.name, aggregate=aggregate, event=event)
    for stream in spec.streams:
        for emitted in stream.emits:
            yield _of_stream(stream, emitted)


def _of_stream(stream: Stream, emitted: StreamEvent) -> Trigger:
    uuids = [field.name for field in stream.row if field.type == UUID]
    id = uuids[0] if uuids else stream.by[0].target
    fields = tuple(field for field in stream.row if field.name != id)
    event = Event(name=emitted.name, version=1, fields=fields, sets=())
    rows = Aggregate(
        name=pascal(stream.name),
        id=id,
        owner=None,
        event_sourced=False,
        state=fields,
        events=(event,),
        commands=(),
    )
    return Trigger(unit=stream.name, aggregate=rows, event=event)


def service_of(spec: Spec, name: str) -> Service:
    """Return the service `name`.

    Raises:
        MeshgenError: There is no such service.
    """
    for service in spec.services:
        if service.name == name:
            return service
    names = [service.name for service in spec.services]
    raise MeshgenError(f"there is no service `{printable(name)}` in the spec", meant(name, names))


def aggregate_of(spec: Spec, name: str) -> tuple[Service, Aggregate]:
    """Return the aggregate `name`, such as `order.Order`, and its service.

    Raises:
        MeshgenError: There is no such aggregate.
    """
    known = {f"{s.name}.{a.name}": (s, a) for s in spec.services for a in s.aggregates}
    bare = [full for full in known if full.rpartition(".")[2] == name]
    if name not in known and len(bare) != 1:
        message = f"there is no aggregate `{printable(name)}` in the spec"
        raise MeshgenError(message, meant(name, known))
    return known[name if name in known else bare[0]]


def common_fields(triggers: Iterable[Trigger]) -> dict[str, str]:
    """Return the fields that all events have in common, with their types."""
    every = [trigger.fields for trigger in triggers]
    first = every[0] if every else {}
    return {n: t for n, t in first.items() if all(fields.get(n) == t for fields in every)}


def common_id(triggers: Iterable[Trigger]) -> str | None:
    """Return the id that the aggregates of all events have in common, if any."""
    ids = {trigger.aggregate.id for trigger in triggers}
    return ids.pop() if len(ids) == 1 else None


def common_owner(triggers: Iterable[Trigger]) -> str | None:
    """Return the owner that the aggregates of all events have in common, if any."""
    owners = {trigger.aggregate.owner for trigger in triggers}
    return owners.pop() if len(owners) == 1 else None


def role_for(spec: Spec, aggregate: Aggregate | None = None, *, owned: bool = False) -> str:
    """Return the role that may send a new command.

    It is the first role of the aggregate's other commands, else of the commands of aggregates
    that also have, or also lack, an owner.
    """
    commands = [*(aggregate.commands if aggregate else ()), *_commands(spec, owned=owned)]
    roles = [role for command in commands for role in command.roles or ()]
    roles += [role for command in _commands(spec, owned=not owned) for role in command.roles or ()]
    return next(iter((*roles, *spec.roles)), DEFAULT_ROLE)


def _commands(spec: Spec, *, owned: bool) -> Iterator[Command]:
    for service in spec.services:
        for aggregate in service.aggregates:
            if (aggregate.owner is not None) == owned:
                yield from aggregate.commands


def most_common_store(engines: Iterable[str], default: str) -> str:
    """Return the most common store engine."""
    most = Counter(engines).most_common(1)
    return most[0][0] if most else default


def monolith(spec: Spec) -> str | None:
    """Return the process that runs all units, if there is one."""
    sections = (spec.services, spec.projections, spec.streams, spec.bffs)
    units = {unit.name for section in sections for unit in section}
    if len(spec.processes) == 1 and set(spec.processes[0].units) == units:
        return spec.processes[0].name
    return None
