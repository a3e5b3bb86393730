"""Streams and their windows."""

from __future__ import annotations

from meshgen.spec import grammar
from meshgen.spec.grammar import kinds
from meshgen.spec.grammar.names import FIELD, UNIT
from meshgen.spec.grammar.reads import VIEW_STORES
from meshgen.spec.grammar.streams import STREAM_ENGINES
from meshgen.spec.parser.queries import read_queries
from meshgen.spec.parser.reading import Reading
from meshgen.spec.syntax import Assignments, StreamSyntax, WindowSyntax, Word
from meshgen.spec.yaml.tree import Mapping, Node, Sequence


def read_streams(reading: Reading, node: Node | None) -> tuple[StreamSyntax, ...]:
    """The section `streams`."""
    return tuple(
        _stream(reading, name, body) for name, body in reading.named(node, "streams", kinds.STREAM)
    )


def _stream(reading: Reading, name: Word, node: Node) -> StreamSyntax:
    values = reading.keyed(node, grammar.STREAM, name.at)
    if isinstance(on := values.get("on"), Sequence) and not on.items:
        reading.error(on.at, "`on` is empty", "add an event such as `service.Event`")
    return StreamSyntax(
        name=name,
        summary=reading.summary(values.get("summary")),
        engine=reading.choice(values.get("store"), "a store", VIEW_STORES.words),
        job=reading.choice(values.get("engine"), "the stream's engine", STREAM_ENGINES.words),
        on=reading.words(values.get("on"), "an event of `on`"),
        each=reading.text(values.get("each"), "`each`"),
        by=_new_fields(reading, values.get("by"), "`by`", "`by: {customer_id: customer_id}`"),
        time=reading.word(values.get("time"), "`time`"),
        window=_window(reading, values.get("window")),
        watermark=reading.seconds(values.get("watermark"), "`watermark`"),
        aggregates=_new_fields(
            reading, values.get("aggregates"), "`aggregates`", "`aggregates: {orders: count()}`"
        ),
        queries=read_queries(reading, values.get("queries"), of_aggregate=False),
        renamed_from=reading.former(values.get("renamed_from"), UNIT),
    )


def _new_fields(reading: Reading, node: Node | None, what: str, hint: str) -> Assignments:
    found = reading.assignments(node, what)
    if isinstance(node, Mapping) and not node.entries:
        reading.error(node.at, f"{what} is empty", f"write {hint}")
    for assignment in found:
        reading.checked(assignment.target, FIELD, "a field")
    return found


def _window(reading: Reading, node: Node | None) -> WindowSyntax:
    values = reading.keyed(node, grammar.WINDOW) if node is not None else {}
    forms = ", ".join(f"`{name}`" for name in grammar.WINDOW.alternatives)
    written = [e.key for e in node.entries] if isinstance(node, Mapping) else []
    given = [key for key in written if key.text in grammar.WINDOW.alternatives]
    misspelt = not reading.lost.isdisjoint(grammar.WINDOW.alternatives)
    if isinstance(node, Mapping) and len(given) != 1 and not misspelt:
        at = given[1].at if given else node.at
        reading.error(at, f"a window has exactly one of {forms}", "write `window: {tumbling: 1m}`")
    kind = given[0] if len(given) == 1 else None
    size = reading.seconds(values.get(kind.text), f"`{kind.text}`") if kind else None
    every = next((key.at for key in written if key.text == "every"), None)
    return WindowSyntax(
        kind=Word(kind.text, kind.at) if kind else None,
        size=size,
        every=reading.seconds(values.get("every"), "`every`"),
        every_at=every,
    )
