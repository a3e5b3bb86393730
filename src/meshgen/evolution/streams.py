"""Streams: changes that rows of windows would not survive."""

from __future__ import annotations

from collections.abc import Iterator

from meshgen.spec.diagnostics import Finding
from meshgen.spec.model import Stream

_ANEW = "add a new stream: it is filled from the messages in the hub"


def stream_losses(old: Stream, new: Stream) -> Iterator[Finding]:
    """Return the changes after which stored rows are lost, or were computed in another way."""
    if old.store.engine != new.store.engine:
        yield Finding(
            new.store.at,
            f"the store of `{new.name}` was {old.store.engine} and is {new.store.engine}: "
            "its rows are not migrated",
            _ANEW,
        )
    changed = [what for what, before, after in _parts(old, new) if before != after]
    if changed:
        parts = " and ".join(f"`{what}`" for what in changed)
        yield Finding(
            new.at,
            f"{parts} of `{new.name}` changed: stored rows were computed in the former way",
            _ANEW,
        )


def _parts(old: Stream, new: Stream) -> Iterator[tuple[str, object, object]]:
    yield "by", _values(old), _values(new)
    yield "window", old.window, new.window
    yield "aggregates", _aggregates(old), _aggregates(new)
    yield "each", old.each and old.each.items.source, new.each and new.each.items.source
    yield "time", old.time, new.time


def _values(stream: Stream) -> list[tuple[str, object]]:
    return [(key.target, key.value) for key in stream.by]


def _aggregates(stream: Stream) -> list[tuple[str, str, object]]:
    return [(each.name, each.function, each.value) for each in stream.aggregates]
