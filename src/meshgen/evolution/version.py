"""A spec with its identities, and two of them side by side."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Protocol, TypeVar

from meshgen.identities import Identities
from meshgen.identities.table import Path
from meshgen.identities.things import policy_path
from meshgen.spec.model import (
    Aggregate,
    Bff,
    Event,
    Field,
    Policy,
    Projection,
    Ref,
    Replica,
    Saga,
    Service,
    Spec,
    Stream,
    StreamEvent,
)


class _Named(Protocol):
    @property
    def name(self) -> str: ...


N = TypeVar("N", bound=_Named)
T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Version:
    """A spec and its identities; elements are found by their paths of ids."""

    spec: Spec
    identities: Identities

    def services(self) -> dict[Path, Service]:
        """Return all services by path."""
        return self._each((), "services", self.spec.services)

    def projections(self) -> dict[Path, Projection]:
        """Return all projections by path."""
        return self._each((), "projections", self.spec.projections)

    def streams(self) -> dict[Path, Stream]:
        """Return all streams by path."""
        return self._each((), "streams", self.spec.streams)

    def bffs(self) -> dict[Path, Bff]:
        """Return all backends-for-frontends by path."""
        return self._each((), "bffs", self.spec.bffs)

    def aggregates(self, service: Service) -> dict[Path, Aggregate]:
        """Return the aggregates of a service by path."""
        return self._each(("services", service.name), "aggregates", service.aggregates)

    def events(self, service: Service) -> dict[Path, tuple[Aggregate, Event]]:
        """Return the events of a service by path, with their aggregates."""
        return {
            self.identities.path("services", service.name, "events", event.name): (aggregate, event)
            for aggregate in service.aggregates
            for event in aggregate.events
        }

    def stream_events(self, stream: Stream) -> dict[Path, StreamEvent]:
        """Return the events of a stream by path."""
        return self._each(("streams", stream.name), "events", stream.emits)

    def sagas(self, service: Service) -> dict[Path, Saga]:
        """Return the sagas of a service by path."""
        return self._each(("services", service.name), "sagas", service.sagas)

    def policies(self, service: Service) -> dict[Path, Policy]:
        """Return the policies of a service by path."""
        above = ("services", service.name)
        return {self.identities.path(*policy_path(above, p)): p for p in service.policies}

    def replicas(self, service: Service) -> dict[Path, Replica]:
        """Return the replicas of a service by path."""
        above = ("services", service.name, "replicas")
        return {self.identities.path(*above, r.of.name): r for r in service.replicas}

    def fields(self, above: Path, fields: Iterable[Field]) -> dict[str, Field]:
        """Fields by their keys; `above` is the path of names of what has them."""
        return {self.identities.id(*above, field.name): field for field in fields}

    def source(self, replica: Replica) -> dict[str, Field]:
        """The fields of a replica by their keys."""
        service = next(s for s in self.spec.services if s.name == replica.of.unit)
        aggregate = next(a for a in service.aggregates if a.name == replica.of.name)
        above = ("services", service.name, "aggregates", aggregate.name, "state")
        return self.fields(above, (f for f in aggregate.state if f.name in replica.fields))

    def message(self, kind: str, ref: Ref) -> Path:
        """The path of ids of the event or command `ref`."""
        return self.identities.path(self.spec.section(ref.unit), ref.unit, kind, ref.name)

    def _each(self, above: Path, kind: str, named: Iterable[N]) -> dict[Path, N]:
        return {self.identities.path(*above, kind, one.name): one for one in named}


def both(before: Mapping[Path, T], after: Mapping[Path, T]) -> Iterator[tuple[T, T]]:
    """What is there before and after."""
    return ((before[path], after[path]) for path in before if path in after)


def gone(before: Mapping[Path, T], after: Mapping[Path, T]) -> Iterator[T]:
    """What is there no more."""
    return (before[path] for path in before if path not in after)
