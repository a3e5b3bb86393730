"""Tests of streams on example events."""

from __future__ import annotations

from collections.abc import Iterator

from meshgen.naming import snake
from meshgen.spec.model import Stream, StreamEvent
from meshgen.system.index import row_name
from meshgen.system.model import Argument, Call, StreamEmissionTest, StreamTest, StreamTests
from meshgen.system.pysource.annotations import duration
from meshgen.testgen.cases.example_events import ExampleEvents
from meshgen.testgen.cases.values import Shared
from meshgen.testgen.cases.windows import Emission, Values, emissions, entries_of, rows_of
from meshgen.testgen.examples.model import EventValue, FieldValues


def stream_tests(stream: Stream, example_events: ExampleEvents) -> StreamTests:
    """Return tests for each event with an example, one of a late event, and of what is emitted."""
    shared = Shared(example_events.ids)
    read: list[tuple[EventValue, list[Values]]] = []
    for ref in stream.events:
        event = example_events.event(ref)
        if event and (entries := entries_of(stream, event)):
            read.append((event, entries))
    tests = [
        test for event, entries in read for test in _counting_tests(stream, event, entries, shared)
    ]
    found = (_emission_test(stream, each, read, shared) for each in stream.emits)
    emitting = tuple(test for test in found if test)
    return StreamTests(
        constants=shared.constants(),
        tests=tuple(tests),
        emissions=emitting,
        late=shared.name(read[0][0]) if read else None,
        delay=duration(stream.window.size + stream.watermark),
    )


def _counting_tests(
    stream: Stream, event: EventValue, entries: list[Values], shared: Shared
) -> Iterator[StreamTest]:
    name = shared.name(event)
    for number, suffix in ((1, ""), (2, "_twice")):
        yield StreamTest(
            function=f"{snake(event.name)}{suffix}",
            events=(name,) * number,
            rows=tuple(
                _call(stream, row_name(stream), row, shared)
                for row in rows_of(stream, entries * number)
            ),
        )


def _emission_test(
    stream: Stream,
    wanted: StreamEvent,
    read: list[tuple[EventValue, list[Values]]],
    shared: Shared,
) -> StreamEmissionTest | None:
    """Return the test of an event: it happens at the last one of a number of equal events."""
    for event, entries in read:
        happened: list[Emission] = []
        for times, happening in enumerate(emissions(stream, entries), 1):
            happened += happening
            if any(each.event == wanted for each in happening):
                return StreamEmissionTest(
                    function=snake(wanted.name),
                    event=shared.name(event),
                    times=times,
                    emits=tuple(
                        _call(stream, each.event.name, each.row, shared) for each in happened
                    ),
                )
    return None


def _call(stream: Stream, name: str, row: Values, shared: Shared) -> Call:
    """Return a row or an event of it as a call, in which `window` is its window."""
    fields: FieldValues = tuple(row.items())
    arguments = shared.call(name, fields).arguments
    window = (
        Argument(name="window_start", value="window.start"),
        Argument(name="window_end", value="window.end"),
    )
    key = len(stream.by)
    return Call(name=name, arguments=(*arguments[:key], *window, *arguments[key:]))
