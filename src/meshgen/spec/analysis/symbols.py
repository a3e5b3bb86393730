"""Symbols: aggregates, events, commands and their fields; resolution of references."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field

from meshgen.spec.analysis.context import Check, Fields
from meshgen.spec.analysis.types import resolve_fields
from meshgen.spec.hints import meant_or_one_of
from meshgen.spec.model import Field, Ref
from meshgen.spec.syntax import (
    AggregateSyntax,
    CommandSyntax,
    EventSyntax,
    ProjectionSyntax,
    QuerySyntax,
    ServiceSyntax,
    SpecSyntax,
    StreamEventSyntax,
    StreamSyntax,
    Word,
)
from meshgen.spec.types import UUID
from meshgen.unicode import printable


@dataclass(slots=True, eq=False)
class AggregateSymbol:
    """An aggregate; `whole` are its id and the fields of its state."""

    unit: str
    syntax: AggregateSyntax
    state: Fields
    whole: Fields
    events: dict[str, EventSymbol] = field(default_factory=dict)
    commands: dict[str, CommandSymbol] = field(default_factory=dict)

    @property
    def name(self) -> str:
        """The name in the spec."""
        return self.syntax.name.text

    @property
    def readable(self) -> bool:
        """Whether somebody may read it by its id: see `meshgen.spec.routes.read_roles`."""
        if self.syntax.read is not None:
            return bool(self.syntax.read.roles)
        commands = self.syntax.commands
        return self.syntax.owner is not None or any(command.roles for command in commands)


@dataclass(slots=True, eq=False)
class EventSymbol:
    """An event; `own` are the fields in the spec, `whole` includes the aggregate's id.

    `id` is the name of that id; None if it is not known. In an event of a stream both are the
    fields of the row, and `id` is the field of `by` if it is a single one.
    """

    unit: str
    syntax: EventSyntax | StreamEventSyntax
    id: str | None
    own: Fields
    whole: Fields

    @property
    def name(self) -> str:
        """The name in the spec."""
        return self.syntax.name.text


@dataclass(slots=True, eq=False)
class CommandSymbol:
    """A command; `own` are the fields in the spec, `whole` includes the aggregate's id."""

    unit: str
    aggregate: AggregateSymbol
    syntax: CommandSyntax
    own: Fields
    whole: Fields

    @property
    def name(self) -> str:
        """The name in the spec."""
        return self.syntax.name.text

    @property
    def emits(self) -> tuple[str, ...]:
        """The names of the events that it emits."""
        return tuple(dict.fromkeys(emission.event.text for emission in self.syntax.emits))

    @property
    def complete(self) -> bool:
        """Whether all that it emits could be read."""
        return bool(self.syntax.emits)


@dataclass(slots=True, eq=False)
class ServiceSymbol:
    """A service and all that others may refer to in it."""

    syntax: ServiceSyntax
    aggregates: dict[str, AggregateSymbol]
    events: dict[str, EventSymbol]
    commands: dict[str, CommandSymbol]
    queries: dict[str, QuerySyntax]


@dataclass(slots=True, eq=False)
class ProjectionSymbol:
    """A projection with its row."""

    syntax: ProjectionSyntax
    row: Fields
    queries: dict[str, QuerySyntax]


@dataclass(slots=True, eq=False)
class StreamSymbol:
    """A stream. Its row is known once its expressions have types."""

    syntax: StreamSyntax
    queries: dict[str, QuerySyntax]
    events: dict[str, EventSymbol]
    row: Fields = field(default_factory=lambda: Fields(partial=True))

    def has(self, row: Fields) -> None:
        """Note the fields of the row, and so of its events."""
        self.row = row
        for event in self.events.values():
            event.own = row.without(event.id)
            event.whole = row


@dataclass(slots=True, eq=False)
class Symbols:
    """Everything that has a name and can be referred to."""

    check: Check
    services: dict[str, ServiceSymbol]
    projections: dict[str, ProjectionSymbol]
    streams: dict[str, StreamSymbol]
    bffs: frozenset[str]

    @property
    def queries(self) -> Iterator[dict[str, QuerySyntax]]:
        """The queries of every unit."""
        for service in self.services.values():
            yield service.queries
        for view in self.views.values():
            yield view.queries

    @property
    def views(self) -> dict[str, ProjectionSymbol | StreamSymbol]:
        """The units with rows."""
        return {**self.projections, **self.streams}

    def is_stream(self, unit: str) -> bool:
        """Whether `unit` is a stream; one with the name of a service has a finding."""
        return unit in self.streams and unit not in self.services

    def event(self, word: Word, home: str | None) -> EventSymbol | None:
        """The event that `word` names; without a unit it is one of `home`'s."""
        unit, _, name = word.text.rpartition(".")
        if self.is_stream(unit):
            return self._event_of(self.streams[unit], word, home)
        service = self._service(word, home, "event")
        if service and name in service.events:
            return service.events[name]
        if service and not self._lost("events"):
            known = self._names(home, "events")
            self._not_found(word, "event", known, other=name in service.commands and "a command")
        return None

    def _event_of(self, stream: StreamSymbol, word: Word, home: str | None) -> EventSymbol | None:
        name = word.text.rpartition(".")[2]
        if name not in stream.events and not self._lost("emits", "streams"):
            self._not_found(word, "event", self._names(home, "events"))
        return stream.events.get(name)

    def command(self, word: Word, home: str | None) -> CommandSymbol | None:
        """The command that `word` names; without a unit it is one of `home`'s."""
        service = self._service(word, home, "command")
        name = word.text.rpartition(".")[2]
        if service and name in service.commands:
            return service.commands[name]
        if service and not self._lost("commands"):
            known = self._names(home, "commands")
            self._not_found(word, "command", known, other=name in service.events and "an event")
        return None

    def aggregate(self, word: Word, without: str) -> AggregateSymbol | None:
        """The aggregate that `service.Aggregate` names; those of `without` are not proposed."""
        service = self._service(word, None, "aggregate", without)
        name = word.text.rpartition(".")[2]
        if service and name in service.aggregates:
            return service.aggregates[name]
        if service and not self._lost("aggregates"):
            self._not_found(word, "aggregate", self._names(None, "aggregates", without))
        return None

    def ref(self, symbol: EventSymbol | CommandSymbol | AggregateSymbol, word: Word) -> Ref:
        """The model's reference to `symbol`, at the place of `word`."""
        return Ref(unit=symbol.unit, name=symbol.name, at=word.at)

    def _lost(self, *kinds: str) -> bool:
        return not self.check.knows(*kinds, "aggregates", "services")

    def _service(
        self, word: Word, home: str | None, what: str, without: str | None = None
    ) -> ServiceSymbol | None:
        unit, dot, name = word.text.rpartition(".")
        if not dot and home:
            return self.services[home]
        if not dot:
            kind = f"{what}s"
            hint = (
                meant_or_one_of(word.text, self._names(home, kind, without))
                or f"write `service.{printable(name)}`"
            )
            self.check.error(
                word.at, f"`{printable(word.text)}` does not name the service of the {what}", hint
            )
            return None
        if unit in self.services:
            return self.services[unit]
        if unit in self.views or unit in self.bffs:
            self.check.error(word.at, f"`{unit}` is not a service and has no {what}s")
        elif not self._lost("services"):
            self.check.error(
                word.at,
                f"there is no service `{printable(unit)}`",
                meant_or_one_of(unit, list(self.services)),
            )
        return None

    def _names(self, home: str | None, kind: str, without: str | None = None) -> list[str]:
        """Every name of a kind, as it may be written in `home`, but for those of `without`."""
        found: list[str] = []
        for unit, service in self.services.items():
            if unit == without:
                continue
            names: Iterable[str] = getattr(service, kind)
            found += [name if unit == home else f"{unit}.{name}" for name in names]
        if kind == "events":
            found += [f"{unit}.{name}" for unit, s in self.streams.items() for name in s.events]
        return found

    def _not_found(
        self, word: Word, what: str, known: list[str], other: str | bool = False
    ) -> None:
        hint = f"it is {other}" if other else meant_or_one_of(word.text, known)
        self.check.error(word.at, f"there is no {what} `{printable(word.text)}`", hint)


def declare(check: Check, syntax: SpecSyntax) -> Symbols:
    """Collect what there is; the fields of everything are resolved here, once."""
    return Symbols(
        check=check,
        services={s.name.text: _service_symbol(check, s) for s in syntax.services},
        projections={p.name.text: _projection_symbol(check, p) for p in syntax.projections},
        streams={s.name.text: _stream_symbol(s) for s in syntax.streams},
        bffs=frozenset(b.name.text for b in syntax.bffs),
    )


def _service_symbol(check: Check, syntax: ServiceSyntax) -> ServiceSymbol:
    aggregates = {
        a.name.text: _aggregate_symbol(check, syntax.name.text, a) for a in syntax.aggregates
    }
    return ServiceSymbol(
        syntax=syntax,
        aggregates=aggregates,
        events={name: event for a in aggregates.values() for name, event in a.events.items()},
        commands={
            name: command for a in aggregates.values() for name, command in a.commands.items()
        },
        queries={q.name.text: q for q in syntax.queries},
    )


def _projection_symbol(check: Check, syntax: ProjectionSyntax) -> ProjectionSymbol:
    row = resolve_fields(
        check, syntax.row, maps="string", sent=False, partial=not check.knows("row")
    )
    return ProjectionSymbol(
        syntax=syntax, row=row, queries={q.name.text: q for q in syntax.queries}
    )


def _stream_symbol(syntax: StreamSyntax) -> StreamSymbol:
    unit, unknown = syntax.name.text, Fields(partial=True)
    id = syntax.by[0].target.text if len(syntax.by) == 1 else None
    events = {e.name.text: EventSymbol(unit, e, id, unknown, unknown) for e in syntax.emits}
    return StreamSymbol(syntax, {q.name.text: q for q in syntax.queries}, events)


def _aggregate_symbol(check: Check, unit: str, syntax: AggregateSyntax) -> AggregateSymbol:
    state = resolve_fields(
        check, syntax.state, maps="any", sent=False, partial=not check.knows("state")
    )
    aggregate = AggregateSymbol(
        unit=unit, syntax=syntax, state=state, whole=_behind_id(syntax, state)
    )
    for event in syntax.events:
        own = resolve_fields(
            check, event.fields, maps="string", partial=not check.knows(event.name.text)
        )
        whole = _behind_id(syntax, own)
        id = syntax.id.text if syntax.id else None
        aggregate.events[event.name.text] = EventSymbol(unit, event, id, own, whole)
    for command in syntax.commands:
        own = resolve_fields(check, command.input, maps="string", partial=not check.knows("input"))
        whole = own if syntax.id and syntax.id.text in own else _behind_id(syntax, own)
        aggregate.commands[command.name.text] = CommandSymbol(unit, aggregate, command, own, whole)
    return aggregate


def _behind_id(syntax: AggregateSyntax, fields: Fields) -> Fields:
    if syntax.id is None:  # there is a finding: whatever is missing may be the id
        return Fields(fields.known, fields.broken, partial=True)
    return fields.with_first(Field(name=syntax.id.text, type=UUID, at=syntax.id.at))
