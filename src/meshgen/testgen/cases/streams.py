"""Tests of streams on example events."""

from __future__ import annotations

import operator
from collections.abc import Callable, Iterable, Mapping
from typing import Any

from meshgen.naming import snake
from meshgen.spec.expressions.values import Bindings, EvaluationError, Value
from meshgen.spec.model import Stream
from meshgen.system.index import row_name
from meshgen.system.model import Argument, Call, StreamTest, StreamTests
from meshgen.system.pysource.annotations import duration
from meshgen.testgen.cases.example_events import ExampleEvents
from meshgen.testgen.cases.values import Shared, value_of
from meshgen.testgen.examples.model import NOW, EventValue, FieldValues

_Values = dict[str, Value]
_MERGING: Mapping[str, Callable[[Any, Any], Any]] = {
    "count": operator.add,
    "sum": operator.add,
    "min": min,
    "max": max,
}
_Key = tuple[tuple[str, Value], ...]


def stream_tests(stream: Stream, example_events: ExampleEvents) -> StreamTests:
    """Return tests for each event with an example, and one of a late event."""
    shared = Shared(example_events.ids)
    tests: list[StreamTest] = []
    late: str | None = None
    for ref in stream.events:
        event = example_events.event(ref)
        entries = _entries(stream, event) if event else []
        if event is None or not entries:
            continue
        name, function = shared.name(event), snake(event.name)
        late = late or name
        for number, suffix in ((1, ""), (2, "_twice")):
            rows = _rows(stream, entries * number)
            tests.append(
                StreamTest(
                    function=f"{function}{suffix}",
                    events=(name,) * number,
                    rows=tuple(_call(stream, row, shared) for row in rows),
                )
            )
    return StreamTests(
        constants=shared.constants(),
        tests=tuple(tests),
        late=late,
        delay=duration(stream.window.size + stream.watermark),
    )


def _entries(stream: Stream, event: EventValue) -> list[_Values]:
    """Return what an event adds; nothing if its example cannot be evaluated."""
    values: _Values = dict(event.fields)
    if stream.time is not None:
        values[stream.time] = NOW
    try:
        return [_entry(stream, values, item) for item in _items(stream, values)]
    except EvaluationError:
        return []


def _items(stream: Stream, values: _Values) -> Iterable[_Values]:
    if stream.each is None:
        return ({},)
    items = value_of(stream.each.items, Bindings(values={"event": values}))
    assert isinstance(items, list)
    return [{stream.each.variable: item} for item in items]


def _entry(stream: Stream, values: _Values, item: _Values) -> _Values:
    bindings = Bindings(values={"event": values, "item": item})
    found = {key.target: value_of(key.value, bindings) for key in stream.by}
    for each in stream.aggregates:
        found[each.name] = value_of(each.value, bindings) if each.value else 1
    return found


def _rows(stream: Stream, entries: list[_Values]) -> list[_Values]:
    """Return the rows of one window, by key."""
    found: dict[_Key, _Values] = {}
    for entry in entries:
        key = tuple((each.target, entry[each.target]) for each in stream.by)
        row = found.get(key)
        found[key] = entry if row is None else _merged(stream, row, entry)
    return list(found.values())


def _merged(stream: Stream, one: _Values, other: _Values) -> _Values:
    return one | {
        each.name: _MERGING[each.function](one[each.name], other[each.name])
        for each in stream.aggregates
    }


def _call(stream: Stream, row: _Values, shared: Shared) -> Call:
    """Return the row as a call, in which `window` is its window."""
    fields: FieldValues = tuple(row.items())
    arguments = shared.call(row_name(stream), fields).arguments
    window = (
        Argument(name="window_start", value="window.start"),
        Argument(name="window_end", value="window.end"),
    )
    key = len(stream.by)
    return Call(name=row_name(stream), arguments=(*arguments[:key], *window, *arguments[key:]))
