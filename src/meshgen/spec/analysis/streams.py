"""Streams: keys, windows and aggregates of events."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import replace
from graphlib import CycleError, TopologicalSorter

from meshgen.spec.analysis.access import owner_of_rows
from meshgen.spec.analysis.context import Check, Fields, Names
from meshgen.spec.analysis.dispatch import build_each, event_names
from meshgen.spec.analysis.index import Tie
from meshgen.spec.analysis.queries import Rows, build_query
from meshgen.spec.analysis.spark import check_spark
from meshgen.spec.analysis.symbols import EventSymbol, StreamSymbol, Symbols
from meshgen.spec.analysis.wide_columns import WideRows, check_wide_rows
from meshgen.spec.expressions import Access, Expression
from meshgen.spec.grammar.services import SERVICE_STORES
from meshgen.spec.grammar.streams import FUNCTIONS, MAX_HOPS
from meshgen.spec.hints import meant_or_one_of, one_of
from meshgen.spec.model import (
    Aggregation,
    Assignment,
    Field,
    Query,
    SortKey,
    Store,
    Stream,
    StreamEvent,
    Window,
)
from meshgen.spec.syntax import AssignmentSyntax, StreamSyntax, WindowSyntax, Word
from meshgen.spec.types import (
    BOOL,
    DATE,
    DATETIME,
    DECIMAL,
    FLOAT,
    INT,
    STRING,
    UUID,
    EnumType,
    Type,
)
from meshgen.spec.yaml.tree import Scalar
from meshgen.unicode import printable

START, END = "window_start", "window_end"
_FORMS = "`count()`, `sum(...)`, `min(...)` or `max(...)`"
_CALL = re.compile(r"\s*([A-Za-z_]\w*)\s*\((.*)\)\s*", re.DOTALL)
_KEYS = (UUID, STRING, INT, BOOL, DATE)
_SUMMED = (INT, DECIMAL)
_ORDERED = (INT, DECIMAL, FLOAT, DATE, DATETIME)


def build_streams(check: Check, symbols: Symbols, event_hub: str) -> tuple[Stream, ...]:
    """The streams of the model, those without findings."""
    found = {
        name: _stream(check, symbols, symbols.streams[name], event_hub)
        for name in _in_order(check, symbols)
    }
    return tuple(stream for name in symbols.streams if (stream := found[name]))


def _in_order(check: Check, symbols: Symbols) -> Iterator[str]:
    """Yield the names of the streams; each comes after those whose events it reads."""
    read = {name: _read_by(symbol, symbols) for name, symbol in symbols.streams.items()}
    while True:
        try:
            return iter(tuple(TopologicalSorter(read).static_order()))
        except CycleError as error:
            *_, source, reader = error.args[1]
            word = read[reader].pop(source)
            message = f"`{reader}` reads `{word}`, which depends on events of `{reader}`"
            check.error(word.at, message, "leave it out: streams cannot form a cycle")


def _read_by(symbol: StreamSymbol, symbols: Symbols) -> dict[str, Word]:
    """Return the streams whose events a stream reads, with the words that name these."""
    found: dict[str, Word] = {}
    for word in symbol.syntax.on:
        unit = word.text.rpartition(".")[0]
        if symbols.is_stream(unit):
            found.setdefault(unit, word)
    return found


def _stream(check: Check, symbols: Symbols, symbol: StreamSymbol, event_hub: str) -> Stream | None:
    """The stream of the model, with findings for everything that does not fit."""
    syntax = symbol.syntax
    events = [event for word in syntax.on if (event := symbols.event(word, None))]
    shared = _shared(events) if len(events) == len(syntax.on) else None
    each, item = build_each(check, syntax.each, shared)
    names = _names(check, events, shared)
    if item:
        names.one("item", *item)
    by = _key(check, syntax, names)
    aggregates = _aggregates(check, syntax, names)
    _check_time(check, syntax, events)
    window = _window(check, syntax.window)
    if syntax.job is not None:
        check_spark(check, syntax, event_hub, each, by, aggregates)
    if len(events) > 1:
        values = [*(key.value for key in by), *(a.value for a in aggregates if a.value)]
        _tie(check, syntax, events, [*values, *([each.items] if each else [])])
    symbol.has(_row(syntax, by, aggregates))
    emits = _emits(check, symbol)
    queries = _queries(check, symbol, owner_of_rows(symbols, events, symbol.row))
    if window is None or syntax.watermark is None:
        return None
    return Stream(
        name=syntax.name.text,
        summary=syntax.summary,
        store=Store(
            engine=syntax.engine.text if syntax.engine else "",
            at=syntax.engine.at if syntax.engine else syntax.name.at,
        ),
        job=syntax.job.text if syntax.job else None,
        events=tuple(
            symbols.ref(event, word) for event, word in zip(events, syntax.on, strict=False)
        ),
        each=each,
        by=by,
        time=syntax.time.text if syntax.time else None,
        window=window,
        watermark=syntax.watermark,
        aggregates=aggregates,
        row=tuple(symbol.row),
        emits=emits,
        queries=queries,
        renamed_from=syntax.renamed_from.text if syntax.renamed_from else None,
        at=syntax.name.at,
    )


def _shared(events: list[EventSymbol]) -> EventSymbol | None:
    """The first event, with the fields only that all events have."""
    if not events:
        return None
    first, *others = events
    names = [
        field.name
        for field in first.whole
        if all(
            (other := event.whole.known.get(field.name)) and other.type == field.type
            for event in others
        )
    ]
    fields = first.whole.only(names)
    partial = any(event.whole.partial or event.whole.broken for event in events)
    return replace(first, whole=Fields(fields.known, fields.broken, partial))


def _names(check: Check, events: list[EventSymbol], shared: EventSymbol | None) -> Names:
    names = event_names(check, shared)
    if shared is not None:
        others = {
            field.name for event in events for field in event.whole
        } - shared.whole.known.keys()
        names.without(others, "not all events of `on` have it, or not with one type")
    return names


def _tie(
    check: Check, syntax: StreamSyntax, events: list[EventSymbol], values: Iterable[Expression]
) -> None:
    """Remember that fields of several events are read by one name."""
    variables = (ref.variable for v in values for ref in v.refs.values() if isinstance(ref, Access))
    used = {variable.name for variable in variables if variable.kind == "event"}
    used |= {syntax.time.text} if syntax.time else set()
    for event in events:
        for field in event.whole.only(used):
            message = f"`{syntax.name}` reads `{field.name}` of several events"
            hint = "rename it by hand, in all of these events at once"
            check.index.ties.append(Tie(syntax.name.at, field.at, message, hint))


def _key(check: Check, syntax: StreamSyntax, names: Names) -> tuple[Assignment, ...]:
    found = []
    for assignment, value in _values(check, syntax.by, names):
        if not isinstance(value.type, EnumType) and value.type not in _KEYS:
            message = f"`{assignment.target}` is `{value.type}`, which is no key of windows"
            hint = "use a uuid, a string, an int, a bool, a date or an enum"
            check.error(assignment.target.at, message, hint)
        target = assignment.target
        found.append(Assignment(target=target.text, value=value, at=target.at))
    return tuple(found)


def _values(
    check: Check, assignments: Iterable[AssignmentSyntax], names: Names
) -> Iterable[tuple[AssignmentSyntax, Expression]]:
    for assignment in assignments:
        if assignment.value is not None:
            value = check.expression(assignment.value, names, None)
            if value is not None:
                yield assignment, value


def _aggregates(check: Check, syntax: StreamSyntax, names: Names) -> tuple[Aggregation, ...]:
    taken = {assignment.target.text: "the key" for assignment in syntax.by}
    taken |= {START: "every window", END: "every window"}
    for assignment in syntax.by:
        if assignment.target.text in (START, END):
            _refuse_taken(check, assignment.target, "every window")
    found = []
    for assignment in syntax.aggregates:
        name = assignment.target.text
        if name in taken:
            _refuse_taken(check, assignment.target, taken[name])
        if assignment.value is not None:
            aggregate = _aggregate(check, name, assignment.value, names)
            found += [aggregate] if aggregate else []
    return tuple(found)


def _refuse_taken(check: Check, word: Word, by: str) -> None:
    check.error(word.at, f"`{word}` is already a field of {by}", "choose another name")


def _aggregate(check: Check, name: str, source: Scalar, names: Names) -> Aggregation | None:
    call = _CALL.fullmatch(source.text)
    if call is None:
        message = f"`{printable(source.text)}` is not an aggregate"
        check.error(source.at, message, f"write {_FORMS}")
        return None
    function = call[1]
    if function not in FUNCTIONS:
        hint = meant_or_one_of(function, FUNCTIONS)
        check.error(source.inside(call.start(1)), f"`{function}` is not an aggregate", hint)
        return None
    argument = source.part(call.start(2), call.end(2))
    if function == "count":
        if argument.text.strip():
            hint = "write `count()`: it counts events, or the items of `each`"
            check.error(argument.at, "`count` has no argument", hint)
        return Aggregation(name=name, function=function, value=None)
    if not argument.text.strip():
        check.error(source.at, f"`{function}` needs an argument", f"write `{function}(quantity)`")
        return None
    value = check.expression(argument, names, None)
    if value is None:
        return None
    _check_argument(check, function, value.type, argument)
    return Aggregation(name=name, function=function, value=value)


def _check_argument(check: Check, function: str, type_: Type, argument: Scalar) -> None:
    if function == "sum" and type_ == FLOAT:
        message = "a sum of `float` depends on the order of the events"
        check.error(argument.at, message, "use `decimal`, which is exact")
    elif function == "sum" and type_ not in _SUMMED:
        check.error(argument.at, f"`sum` needs an `int` or a `decimal`; this is `{type_}`")
    elif type_ not in _ORDERED:
        hint = "use an int, a decimal, a float, a date or a datetime"
        check.error(argument.at, f"`{function}` needs a number or a date; this is `{type_}`", hint)


def _check_time(check: Check, syntax: StreamSyntax, events: list[EventSymbol]) -> None:
    word = syntax.time
    for event in events if word else ():
        field = event.whole.known.get(word.text) if word else None
        if word and field is None and event.whole.missing(word.text):
            times = [each.name for each in event.whole if each.type == DATETIME]
            message = f"`{event.name}` has no field `{printable(word.text)}`"
            check.error(word.at, message, meant_or_one_of(word.text, times) if times else None)
        elif word and field is not None and field.type != DATETIME:
            message = f"`{word}` of `{event.name}` is `{field.type}`"
            check.error(word.at, message, "the time of an event is a `datetime`")
        elif word and field is not None:
            check.uses(word, field)


def _window(check: Check, syntax: WindowSyntax) -> Window | None:
    if syntax.kind is None or syntax.size is None:
        return None
    kind, size, every = syntax.kind.text, syntax.size, syntax.every
    if kind == "hopping" and syntax.every_at is None:
        hint = "write `{hopping: 5m, every: 1m}`, or `tumbling` for windows that do not overlap"
        check.error(syntax.kind.at, "`hopping` needs `every`", hint)
    elif kind != "hopping" and syntax.every_at is not None:
        check.error(syntax.every_at, f"`every` does not go with `{kind}`", "leave it out")
    elif every is not None and syntax.every_at is not None:
        if size % every:
            hint = "choose a hop that divides the size"
            check.error(syntax.every_at, "`every` does not divide the size of the window", hint)
        elif size // every > MAX_HOPS:
            message = f"an event would be in {size // every} windows; {MAX_HOPS} are allowed"
            check.error(syntax.every_at, message, "choose a longer hop")
    return Window(kind=kind, size=size, every=every)


def _row(
    syntax: StreamSyntax, by: tuple[Assignment, ...], aggregates: tuple[Aggregation, ...]
) -> Fields:
    """The fields of a row: the key, the window, the aggregates; those with findings are broken."""
    places = {a.target.text: a.target.at for a in (*syntax.by, *syntax.aggregates)}
    fields = [Field(name=key.target, type=key.value.type, at=key.at) for key in by]
    fields += [Field(name=name, type=DATETIME, at=syntax.name.at) for name in (START, END)]
    fields += [
        Field(name=a.name, type=a.value.type if a.value else INT, at=places[a.name])
        for a in aggregates
    ]
    known = {field.name: field for field in fields}
    return Fields(known, frozenset(places.keys() - known.keys()))


def _emits(check: Check, symbol: StreamSymbol) -> tuple[StreamEvent, ...]:
    syntax = symbol.syntax
    if syntax.emits and syntax.engine and syntax.engine.text not in SERVICE_STORES.words:
        message = f"{syntax.engine.text.capitalize()} cannot write rows and events at once"
        hint = one_of(SERVICE_STORES.words)
        check.error(syntax.engine.at, message, f"{hint}, or leave `emits` out")
    names = check.names().fields("row", symbol.row, "row")
    found = []
    for event in syntax.emits:
        when = check.expression(event.when, names, BOOL) if event.when else None
        if when is not None:
            found.append(
                StreamEvent(
                    name=event.name.text,
                    when=when,
                    summary=event.summary,
                    renamed_from=event.renamed_from.text if event.renamed_from else None,
                    at=event.name.at,
                )
            )
    return tuple(found)


def _queries(check: Check, symbol: StreamSymbol, owner: str | None) -> tuple[Query, ...]:
    rows = Rows(
        f"the row of `{symbol.syntax.name}`",
        symbol.row,
        None,
        (SortKey(field=START, descending=True),),
        owner,
    )
    for syntax in symbol.syntax.queries:
        if syntax.page is None and check.knows("page"):
            hint = "add `page: 60` for the newest 60 windows"
            check.error(syntax.name.at, f"`{syntax.name}` returns windows and needs `page`", hint)
    queries = tuple(build_query(check, query, rows) for query in symbol.syntax.queries)
    if symbol.syntax.engine and symbol.syntax.engine.text == "cassandra":
        by = tuple(assignment.target.text for assignment in symbol.syntax.by)
        wide = WideRows(id=None, partition=by or None, order=(START,), sorted_by=START)
        check_wide_rows(check, wide, queries, symbol.syntax.queries)
    return queries
