"""Lookups in a spec: messages by reference, with all their fields."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from meshgen.identities import Identities
from meshgen.naming import pascal
from meshgen.spec.model import (
    Aggregate,
    Bff,
    Command,
    Event,
    Field,
    Projection,
    Query,
    Ref,
    Service,
    Spec,
    Stream,
    StreamEvent,
)
from meshgen.spec.types import UUID


@dataclass(frozen=True, slots=True, kw_only=True)
class EventOf:
    """An event with what it is about, of a service or a stream.

    Attributes:
        unit: The name of the service or stream.
        event: The event.
        fields: All its fields: the aggregate's id first; for a stream, those of the row.
        subject: The aggregate's id, or the fields of the stream's key.
    """

    unit: str
    event: Event | StreamEvent
    fields: tuple[Field, ...]
    subject: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class CommandOf:
    """A command with its aggregate and service."""

    service: Service
    aggregate: Aggregate
    command: Command

    @property
    def fields(self) -> tuple[Field, ...]:
        """The aggregate's id first, then the command's own fields."""
        return with_id(self.aggregate, self.command.input)


@dataclass(frozen=True, slots=True)
class Index:
    """A spec with its messages by their unique references, such as `service.Name`."""

    spec: Spec
    identities: Identities
    events: Mapping[tuple[str, str], EventOf]
    commands: Mapping[tuple[str, str], CommandOf]

    def event(self, ref: Ref) -> EventOf:
        """Return the event with a reference."""
        return self.events[ref.unit, ref.name]

    def command(self, ref: Ref) -> CommandOf:
        """Return the command with a reference."""
        return self.commands[ref.unit, ref.name]

    def events_of(self, ref: Ref) -> tuple[Ref, ...]:
        """Return every event that the command with a reference may cause."""
        names = dict.fromkeys(e.event for e in self.command(ref).command.emits)
        return tuple(Ref(unit=ref.unit, name=name) for name in names)

    def service(self, name: str) -> Service:
        """Return the service with a name."""
        return next(service for service in self.spec.services if service.name == name)

    def aggregate(self, ref: Ref) -> Aggregate:
        """Return the aggregate with a reference."""
        aggregates = self.service(ref.unit).aggregates
        return next(aggregate for aggregate in aggregates if aggregate.name == ref.name)

    def unit(self, name: str) -> Service | Projection | Stream | Bff:
        """Return the unit with a name."""
        units = (*self.spec.services, *self.spec.views, *self.spec.bffs)
        return next(unit for unit in units if unit.name == name)

    def query(self, ref: Ref) -> Query | None:
        """Return the query with a reference, None if `ref` is an aggregate."""
        units: tuple[Service | Projection | Stream, ...] = (*self.spec.services, *self.spec.views)
        queries = (query for unit in units if unit.name == ref.unit for query in unit.queries)
        return next((query for query in queries if query.name == ref.name), None)

    def query_of(self, ref: Ref) -> Query:
        """Return the query with a reference, which is none to an aggregate."""
        query = self.query(ref)
        assert query is not None, ref
        return query

    def fields(self, ref: Ref) -> tuple[Field, ...]:
        """Return the fields in the results of the query or aggregate `ref`."""
        query = self.query(ref)
        return self.fields_of(ref.unit, str(query.of) if query is not None else ref.name)

    def fields_of(self, unit: str, aggregate: str) -> tuple[Field, ...]:
        """Return the fields of an aggregate; of the rows if `unit` is no service."""
        for view in self.spec.views:
            if view.name == unit:
                return view.row
        found = self.aggregate(Ref(unit=unit, name=aggregate))
        return with_id(found, found.state)


def index(spec: Spec, identities: Identities | None = None) -> Index:
    """Index `spec`; without `identities` all ids equal the names."""
    aggregates = [(s, a) for s in spec.services for a in s.aggregates]
    events = [_event(s, a, e) for s, a in aggregates for e in a.events]
    events += [_stream_event(stream, e) for stream in spec.streams for e in stream.emits]
    return Index(
        spec=spec,
        identities=identities or Identities(),
        events={(of.unit, of.event.name): of for of in events},
        commands={(s.name, c.name): CommandOf(s, a, c) for s, a in aggregates for c in a.commands},
    )


def _event(service: Service, aggregate: Aggregate, event: Event) -> EventOf:
    return EventOf(
        unit=service.name,
        event=event,
        fields=with_id(aggregate, event.fields),
        subject=(aggregate.id,),
    )


def _stream_event(stream: Stream, event: StreamEvent) -> EventOf:
    return EventOf(
        unit=stream.name,
        event=event,
        fields=stream.row,
        subject=tuple(key.target for key in stream.by),
    )


def with_id(aggregate: Aggregate, fields: tuple[Field, ...]) -> tuple[Field, ...]:
    """Return `fields` with the aggregate's id first, even if it is not among them."""
    others = tuple(field for field in fields if field.name != aggregate.id)
    return (Field(name=aggregate.id, type=UUID), *others)


def row_name(view: Projection | Stream) -> str:
    """`order_history` -> `OrderHistoryRow`."""
    return f"{pascal(view.name)}Row"
