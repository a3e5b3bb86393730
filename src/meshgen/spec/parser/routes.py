"""Paths that the owner says: `path: /orders/{order_id}`, and routes of their own: `routes`."""

from __future__ import annotations

from contextlib import suppress
from datetime import date

from meshgen.spec import grammar
from meshgen.spec.grammar.names import FIELD, SEGMENT
from meshgen.spec.parser.reading import Reading
from meshgen.spec.syntax import FormerPathSyntax, PathSyntax, RouteSyntax, Word
from meshgen.spec.yaml.tree import Mapping, Node, Scalar
from meshgen.unicode import printable

_LONGEST = 200
_FORM = "write one such as `/orders/{order_id}/cancel`"


def read_path(reading: Reading, node: Node | None) -> PathSyntax | None:
    """Read a path: words in lower case, and parameters."""
    text = reading.text(node, "a path")
    if text is None:
        return None
    path = text.text
    if not path.startswith("/") or len(path) > _LONGEST:
        reading.error(text.at, f"`{printable(path)}` is not a path", _FORM)
        return None
    parameters: dict[str, Word] = {}
    offset = 1
    for segment in path[1:].split("/"):
        name = segment[1:-1] if segment.startswith("{") and segment.endswith("}") else None
        valid = FIELD.pattern.fullmatch(name) if name is not None else SEGMENT.fullmatch(segment)
        if not valid or name in parameters:
            what = "is already a parameter of" if valid else "is not a valid segment of"
            reading.error(text.inside(offset), f"`{printable(segment)}` {what} this path", _FORM)
            return None
        if name:
            parameters[name] = Word(name, text.inside(offset + 1), offset + 1)
        offset += len(segment) + 1
    return PathSyntax(path, tuple(parameters.values()), text.at)


def read_deprecated(reading: Reading, node: Node | None) -> tuple[FormerPathSyntax, ...]:
    """Read former paths: `deprecated: {/old/path: 2026-11-01}`."""
    found = []
    entries = reading.entries(node, "`deprecated`", "`{/old/path: 2026-11-01}`") if node else ()
    for entry in entries:
        path = read_path(reading, entry.key)
        since = _date(reading, entry.value)
        if path and since:
            found.append(FormerPathSyntax(path, since))
    return tuple(found)


def _date(reading: Reading, node: Node) -> date | None:
    text = reading.text(node, "the date of a deprecation")
    with suppress(ValueError):
        return date.fromisoformat(text.text) if text else None
    hint = "write since when it is deprecated, such as `2026-11-01`"
    reading.error(node.at, f"`{printable(text.text if text else '')}` is not a date", hint)
    return None


def read_routes(reading: Reading, node: Node | None) -> tuple[RouteSyntax, ...]:
    """Read the `routes` of a service."""
    if isinstance(node, Mapping):
        found = [_route(reading, entry.key, entry.value) for entry in node.entries]
    else:
        words = reading.words(node, "a route") if node else ()
        found = [RouteSyntax(word) for word in words if _is_segment(reading, word)]
    return tuple(route for route in found if route)


def _route(reading: Reading, key: Scalar, node: Node) -> RouteSyntax | None:
    values = reading.keyed(node, grammar.ROUTE, key.at)
    public = reading.choice(values.get("roles"), "`roles` of a route", ("public",))
    path = Word(key.text, key.at)
    return RouteSyntax(path, public is not None) if _is_segment(reading, path) else None


def _is_segment(reading: Reading, path: Word) -> bool:
    if path.text.startswith("/") and SEGMENT.fullmatch(path.text[1:]) and len(path.text) < _LONGEST:
        return True
    first = path.text.lstrip("/").split("/")[0].replace("_", "-").lower()
    hint = f"write `/{first}`" if SEGMENT.fullmatch(first) else "write one such as `/invoices`"
    reading.error(path.at, f"`{printable(path.text)}` is not one segment of a path", hint)
    return False
