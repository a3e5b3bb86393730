"""Streams: what events add to windows, and the aggregates."""

from __future__ import annotations

from meshgen.naming import about, kebab, pascal, snake, unit_folder, unit_package, words
from meshgen.spec.model import Ref, Stream, Window
from meshgen.system.index import Index, row_name
from meshgen.system.lower.engines import extras
from meshgen.system.lower.identities import identity_of
from meshgen.system.lower.imports import contract_imports
from meshgen.system.lower.services import access_tests, query_route
from meshgen.system.lower.spark import spark_view
from meshgen.system.model import Argument, Call, EmissionView, StreamView
from meshgen.system.pysource.annotations import attribute, duration
from meshgen.system.pysource.calls import EVENT, Scene, loop_view
from meshgen.testgen.cases.access import row_reach_tests
from meshgen.testgen.cases.example_events import ExampleEvents
from meshgen.testgen.cases.streams import stream_tests

_ROW = Scene({"row": "row"})


def stream_view(
    stream: Stream, index: Index, package: str, example_events: ExampleEvents
) -> StreamView:
    """Return `stream` ready to print."""
    row = row_name(stream)
    entry = f"{pascal(stream.name)}Entry"
    names = tuple(index.event(ref).event.name for ref in stream.events)
    values = _values(stream)
    routes = tuple(query_route(query, row) for query in stream.queries)
    return StreamView(
        name=stream.name,
        identity=identity_of(index.identities, "streams", stream.name),
        package=unit_package(package, stream.name),
        distribution=kebab(unit_package(package, stream.name)),
        folder=unit_folder("streams", stream.name),
        extras=extras(index.spec.event_hub.engine, stream.store.engine),
        title=pascal(stream.name),
        summary=(stream.summary or f"The {words(stream.name)} stream").rstrip("."),
        about=about(stream.summary),
        row=row,
        entry=entry,
        state=tuple(attribute(field) for field in stream.row),
        fields=tuple(attribute(field) for field in stream.row if field.name in values),
        event=names[0] if len(names) == 1 else f"{pascal(stream.name)}Event",
        events=names,
        loop=loop_view(stream.each) if stream.each else None,
        added=Call(
            name=entry,
            arguments=tuple(Argument(name=name, value=value) for name, value in values.items()),
        ),
        by=tuple(key.target for key in stream.by),
        time=stream.time,
        window=_window(stream.window),
        watermark=duration(stream.watermark),
        aggregates=tuple(
            Argument(name=each.name, value=f"Aggregate.{each.function.upper()}")
            for each in stream.aggregates
        ),
        emits=tuple(
            EmissionView(
                event=event.name,
                function=f"when_{snake(event.name)}",
                condition=_ROW.code(event.when),
            )
            for event in stream.emits
        ),
        job=spark_view(stream, index),
        testing=stream_tests(stream, example_events),
        routes=routes,
        access_testing=access_tests(routes),
        reach_testing=row_reach_tests(stream.queries, stream.row),
        imports=contract_imports(
            index, (*stream.events, *(Ref(unit=stream.name, name=e.name) for e in stream.emits))
        ),
    )


def _values(stream: Stream) -> dict[str, str]:
    """Return the fields of an entry, with their values as Python source."""
    keys = {key.target: EVENT.code(key.value) for key in stream.by}
    return keys | {each.name: EVENT.code(each.value) for each in stream.aggregates if each.value}


def _window(window: Window) -> str:
    size = duration(window.size)
    if window.kind == "hopping" and window.every is not None:
        return f"Hopping({size}, every={duration(window.every)})"
    return f"{window.kind.capitalize()}({size})"
