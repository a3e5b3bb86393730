"""Streams: changes that rows of windows would not survive."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator

from meshgen.evolution.fields import Record, field_losses
from meshgen.evolution.version import Version, both
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
    yield from _events(old, new, before, after)


def stream_notices(before: Version, after: Version) -> Iterator[Finding]:
    """Return which events an existing stream emits from now on, or under another condition."""
    for old, new in both(before.streams(), after.streams()):
        were, are = before.stream_events(old), after.stream_events(new)
        for path, event in are.items():
            if path not in were:
                yield Finding(
                    event.at,
                    f"`{event.name}` happens to rows of `{new.name}` that change from now on",
                    f"a rebuild of `{new.name}` emits it for past changes, too",
                )
            elif were[path].when != event.when:
                yield Finding(
                    event.at,
                    f"the condition of `{event.name}` changed: it applies to changes of rows from "
                    "now on",
                )


def _events(old: Stream, new: Stream, before: Version, after: Version) -> Iterator[Finding]:
    """Return the changes after which events in the hub cannot be read.

    A field more, or less, is a change of the stream itself.
    """
    common = {field.name for field in old.row} & {field.name for field in new.row}
    were, are = ([f for f in stream.row if f.name in common] for stream in (old, new))
    for was, is_ in both(before.stream_events(old), after.stream_events(new)):
        yield from field_losses(
            Record(what=f"the event `{is_.name}`", at=is_.at, is_message=True, keeps=True),
            before.fields(("streams", old.name, "events", was.name, "fields"), were),
            after.fields(("streams", new.name, "events", is_.name, "fields"), are),
            before,
            after,
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
