"""Everything in a spec that has an identity."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Protocol

from meshgen.identities.table import Path
from meshgen.naming import policy_function
from meshgen.spec.model import Enum, Policy, Projection, Ref, Replica, Saga, Service, Spec, Stream


@dataclass(frozen=True, slots=True, kw_only=True)
class Thing:
    """An element with an identity, at its path of names.

    former: its former name, if given
    named_after: the paths of the elements from which its name is derived
    event: the path of the event that it reacts to
    """

    path: Path
    former: str | None = None
    named_after: tuple[Path, ...] = ()
    event: Path = ()


class _Named(Protocol):
    @property
    def name(self) -> str: ...
    @property
    def renamed_from(self) -> str | None: ...


def things(spec: Spec) -> Iterator[Thing]:
    """Yield all elements with identities; those that others depend on come first."""
    yield Thing(path=("system", spec.name))
    for type_ in spec.types:
        above = ("types", type_.name)
        yield Thing(path=above, former=type_.renamed_from)
        if isinstance(type_, Enum):
            for member in type_.members:
                yield Thing(path=(*above, "values", member), former=type_.former.get(member))
        else:
            yield from _each(above, "fields", type_.fields)
    for service in spec.services:
        yield from _service(service)
    for stream in spec.streams:
        yield from _stream(stream)
    for service in spec.services:
        above = ("services", service.name)
        yield from (_policy(above, policy, spec) for policy in service.policies)
        yield from (_saga(above, saga, spec) for saga in service.sagas)
        yield from (_replica(above, replica) for replica in service.replicas)
    for projection in spec.projections:
        yield from _projection(projection)
    yield from _each((), "bffs", spec.bffs)


def _service(service: Service) -> Iterator[Thing]:
    above = ("services", service.name)
    yield Thing(path=above, former=service.renamed_from)
    for aggregate in service.aggregates:
        place = (*above, "aggregates", aggregate.name)
        yield Thing(path=place, former=aggregate.renamed_from)
        yield from _each(place, "state", aggregate.state)
        for event in aggregate.events:
            yield Thing(path=(*above, "events", event.name), former=event.renamed_from)
            yield from _each((*above, "events", event.name), "fields", event.fields)
        for command in aggregate.commands:
            yield Thing(path=(*above, "commands", command.name), former=command.renamed_from)
            yield from _each((*above, "commands", command.name), "fields", command.input)
    yield from _each(above, "queries", service.queries)
    for port in service.ports:
        yield Thing(path=(*above, "ports", port.name))


def _projection(projection: Projection) -> Iterator[Thing]:
    above = ("projections", projection.name)
    yield Thing(path=above, former=projection.renamed_from)
    yield from _each(above, "row", projection.row)
    yield from _each(above, "queries", projection.queries)


def _stream(stream: Stream) -> Iterator[Thing]:
    above = ("streams", stream.name)
    yield Thing(path=above, former=stream.renamed_from)
    yield from _each(above, "events", stream.emits)
    yield from _each(above, "queries", stream.queries)


def _each(above: Path, kind: str, named: Iterable[_Named]) -> Iterator[Thing]:
    for one in named:
        yield Thing(path=(*above, kind, one.name), former=one.renamed_from)


def event_path(spec: Spec, ref: Ref) -> Path:
    """Return the path of names of an event, of a service or a stream."""
    return (spec.section(ref.unit), ref.unit, "events", ref.name)


def _policy(above: Path, policy: Policy, spec: Spec) -> Thing:
    """Policies have no names; their identity is derived from event and command."""
    command, event = _of(policy.do, "commands"), event_path(spec, policy.on)
    return Thing(path=policy_path(above, policy), named_after=(command, event), event=event)


def _saga(above: Path, saga: Saga, spec: Spec) -> Thing:
    event = event_path(spec, saga.starts_on)
    return Thing(path=(*above, "sagas", saga.name), former=saga.renamed_from, event=event)


def _replica(above: Path, replica: Replica) -> Thing:
    """The identity of a replica is derived from its aggregate."""
    return Thing(
        path=(*above, "replicas", replica.of.name), named_after=(_of(replica.of, "aggregates"),)
    )


def policy_path(above: Path, policy: Policy) -> Path:
    """The path of names of a policy of the unit `above`."""
    return (*above, "policies", derived_name(policy.do.name, policy.on.name))


def derived_name(first: str, *others: str) -> str:
    """Return a derived name, such as `place_order_on_cart_checked_out`."""
    return policy_function(first, *others) if others else first


def _of(ref: Ref, kind: str) -> Path:
    return ("services", ref.unit, kind, ref.name)
