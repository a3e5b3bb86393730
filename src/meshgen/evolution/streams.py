"""Streams: changes that rows of windows would not survive."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator

from meshgen.evolution.version import Version
from meshgen.identities.table import Path
from meshgen.spec.diagnostics import Finding
from meshgen.spec.model import Stream, ValueObject

_ANEW = "add a new stream: it is filled from the messages in the hub"
_NAME = re.compile(r"[A-Za-z_]\w*")


def stream_losses(old: Stream, new: Stream, before: Version, after: Version) -> Iterator[Finding]:
    """Return the changes after which stored rows are lost, or were computed in another way."""
    if old.store.engine != new.store.engine:
        yield Finding(
            new.store.at,
            f"the store of `{new.name}` was {old.store.engine} and is {new.store.engine}: "
            "its rows are not migrated",
            _ANEW,
        )
    if old.job and not new.job:
        yield Finding(
            new.at,
            f"the rows of `{new.name}` were computed by a {old.job.capitalize()} job: the unit "
            "would count their events again",
            _ANEW,
        )
    unchanged: Callable[[str], str] = str
    were, are = _parts(old, unchanged), _parts(new, _former_names(new, before, after))
    changed = [what for what in are if are[what] != were[what]]
    if changed:
        parts = " and ".join(f"`{what}`" for what in changed)
        yield Finding(
            new.at,
            f"{parts} of `{new.name}` changed: stored rows were computed in the former way",
            _ANEW,
        )


def _parts(stream: Stream, named: Callable[[str], str]) -> dict[str, object]:
    return {
        "each": named(stream.each.items.source) if stream.each else None,
        "by": [(key.target, named(key.value.source), key.value.type) for key in stream.by],
        "time": named(stream.time or ""),
        "window": stream.window,
        "aggregates": [
            (each.name, each.function, named(each.value.source) if each.value else None)
            for each in stream.aggregates
        ],
    }


def _former_names(stream: Stream, before: Version, after: Version) -> Callable[[str], str]:
    """Return what gives the fields in an expression the names that they had in `before`."""
    known = dict(_fields(stream, before))
    names = {name: known[path] for path, name in _fields(stream, after) if path in known}
    return lambda source: _NAME.sub(lambda name: names.get(name[0], name[0]), source)


def _fields(stream: Stream, version: Version) -> Iterator[tuple[Path, str]]:
    """Return the fields that expressions of a stream may read: their lasting paths, and names."""
    for type_ in version.spec.types:
        for field in type_.fields if isinstance(type_, ValueObject) else ():
            yield version.identities.path("types", type_.name, "fields", field.name), field.name
    events = {(ref.unit, ref.name) for ref in stream.events}
    for service in version.spec.services:
        for _, event in version.events(service).values():
            for field in event.fields if (service.name, event.name) in events else ():
                path = ("services", service.name, "events", event.name, "fields", field.name)
                yield version.identities.path(*path), field.name
