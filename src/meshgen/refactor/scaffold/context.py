"""What a spec has that something new can follow: events to react to, roles, stores, monoliths."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from meshgen.errors import MeshgenError
from meshgen.spec.hints import meant
from meshgen.spec.model import Aggregate, Command, Event, Service, Spec
from meshgen.unicode import printable

DEFAULT_ROLE = "user"


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Trigger:
    """An event that something new reacts to."""

    unit: str
    aggregate: Aggregate
    event: Event

    def seen_from(self, unit: str) -> str:
        """How the event is written in `unit`."""
        return self.event.name if unit == self.unit else f"{self.unit}.{self.event.name}"

    @property
    def fields(self) -> dict[str, str]:
        """The fields of the event behind its id, with their types as they are written."""
        return {field.name: str(field.type) for field in self.event.fields}


def triggers(spec: Spec, names: Iterable[str]) -> tuple[Trigger, ...]:
    """The events that `names` mean, each with its unit or without. Raises MeshgenError."""
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


def service_of(spec: Spec, name: str) -> Service:
    """The service `name`. Raises MeshgenError."""
    for service in spec.services:
        if service.name == name:
            return service
    names = [service.name for service in spec.services]
    raise MeshgenError(f"there is no service `{printable(name)}` in the spec", meant(name, names))


def aggregate_of(spec: Spec, name: str) -> tuple[Service, Aggregate]:
    """The aggregate `order.Order`. Raises MeshgenError."""
    known = {f"{s.name}.{a.name}": (s, a) for s in spec.services for a in s.aggregates}
    bare = [full for full in known if full.rpartition(".")[2] == name]
    if name not in known and len(bare) != 1:
        message = f"there is no aggregate `{printable(name)}` in the spec"
        raise MeshgenError(message, meant(name, known))
    return known[name if name in known else bare[0]]


def common_fields(triggers: Iterable[Trigger]) -> dict[str, str]:
    """The fields that all of the events have, each with its type."""
    every = [trigger.fields for trigger in triggers]
    first = every[0] if every else {}
    return {n: t for n, t in first.items() if all(fields.get(n) == t for fields in every)}


def common_id(triggers: Iterable[Trigger]) -> str | None:
    """The id that the aggregates of all events have in common."""
    ids = {trigger.aggregate.id for trigger in triggers}
    return ids.pop() if len(ids) == 1 else None


def common_owner(triggers: Iterable[Trigger]) -> str | None:
    """The owner that the aggregates of all events have in common."""
    owners = {trigger.aggregate.owner for trigger in triggers}
    return owners.pop() if len(owners) == 1 else None


def role_for(spec: Spec, aggregate: Aggregate | None = None, *, owned: bool = False) -> str:
    """Who may give a new command: whoever gives others to this aggregate, or to its like.

    What nobody owns is run by staff, what somebody owns by its owner.
    """
    commands = [*(aggregate.commands if aggregate else ()), *_commands(spec, owned=owned)]
    roles = [role for command in commands for role in command.roles or ()]
    roles += [role for command in _commands(spec, owned=not owned) for role in command.roles or ()]
    return roles[0] if roles else DEFAULT_ROLE


def _commands(spec: Spec, *, owned: bool) -> Iterator[Command]:
    for service in spec.services:
        for aggregate in service.aggregates:
            if (aggregate.owner is not None) == owned:
                yield from aggregate.commands


def usual_store(engines: Iterable[str], otherwise: str) -> str:
    """The store that most others have."""
    most = Counter(engines).most_common(1)
    return most[0][0] if most else otherwise


def monolith(spec: Spec) -> str | None:
    """The one process in which all units run, if it is so."""
    units = {u.name for section in (spec.services, spec.projections, spec.bffs) for u in section}
    if len(spec.processes) == 1 and set(spec.processes[0].units) == units:
        return spec.processes[0].name
    return None
