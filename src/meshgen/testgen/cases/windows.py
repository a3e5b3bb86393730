"""Windows of streams, computed from example events."""

from __future__ import annotations

import operator
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from meshgen.spec.expressions.values import Bindings, EvaluationError, Value
from meshgen.spec.model import Stream, StreamEvent
from meshgen.testgen.cases.values import value_of
from meshgen.testgen.examples.model import NOW, EventValue

Values = dict[str, Value]
_Key = tuple[tuple[str, Value], ...]

_MERGING: Mapping[str, Callable[[Any, Any], Any]] = {
    "count": operator.add,
    "sum": operator.add,
    "min": min,
    "max": max,
}
_MOST = 50  # events until a condition holds


@dataclass(frozen=True, slots=True)
class Emission:
    """An event that happens to a row of one window, whose fields lack the window."""

    event: StreamEvent
    row: Values


def entries_of(stream: Stream, event: EventValue) -> list[Values]:
    """Return what an event adds; nothing if its example cannot be evaluated."""
    values: Values = dict(event.fields)
    if stream.time is not None:
        values[stream.time] = NOW
    try:
        return [_entry(stream, values, item) for item in _items(stream, values)]
    except EvaluationError:
        return []


def rows_of(stream: Stream, entries: list[Values]) -> list[Values]:
    """Return the rows of one window, by key."""
    return list(_rows(stream, entries).values())


def emissions(stream: Stream, entries: list[Values]) -> Iterator[tuple[Emission, ...]]:
    """Yield what happens when an event that adds `entries` comes once, a second time, and so on.

    It ends where a condition cannot be evaluated: one about the window.
    """
    before: dict[_Key, Values] = {}
    for times in range(1, _MOST + 1):
        after = _rows(stream, entries * times)
        try:
            yield tuple(
                Emission(event, row)
                for key, row in after.items()
                for event in stream.emits
                if _holds(event, row) and not (key in before and _holds(event, before[key]))
            )
        except EvaluationError:
            return
        before = after


def example_of(stream: Stream, name: str, events: Iterable[EventValue]) -> EventValue | None:
    """Return an example of the event `name` of a stream, from examples of those that it reads."""
    window = {"window_start": NOW, "window_end": NOW + timedelta(seconds=stream.window.size)}
    for event in events:
        for happening in emissions(stream, entries_of(stream, event)):
            for each in happening:
                if each.event.name == name:
                    values = each.row | window
                    return EventValue(name, tuple((f.name, values[f.name]) for f in stream.row))
    return None


def _holds(event: StreamEvent, row: Values) -> bool:
    return bool(value_of(event.when, Bindings(values={"row": row})))


def _items(stream: Stream, values: Values) -> Iterable[Values]:
    if stream.each is None:
        return ({},)
    items = value_of(stream.each.items, Bindings(values={"event": values}))
    assert isinstance(items, list)
    return [{stream.each.variable: item} for item in items]


def _entry(stream: Stream, values: Values, item: Values) -> Values:
    bindings = Bindings(values={"event": values, "item": item})
    found = {key.target: value_of(key.value, bindings) for key in stream.by}
    for each in stream.aggregates:
        found[each.name] = value_of(each.value, bindings) if each.value else 1
    return found


def _rows(stream: Stream, entries: list[Values]) -> dict[_Key, Values]:
    found: dict[_Key, Values] = {}
    for entry in entries:
        key = tuple((each.target, entry[each.target]) for each in stream.by)
        row = found.get(key)
        found[key] = entry if row is None else _merged(stream, row, entry)
    return found


def _merged(stream: Stream, one: Values, other: Values) -> Values:
    return one | {
        each.name: _MERGING[each.function](one[each.name], other[each.name])
        for each in stream.aggregates
    }
