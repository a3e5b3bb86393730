"""Routes of the owner's own: `routes: [/invoices]`, or `{/notifications: {roles: public}}`."""

from __future__ import annotations

from meshgen.spec import grammar
from meshgen.spec.grammar.names import SEGMENT
from meshgen.spec.parser.reading import Reading
from meshgen.spec.syntax import RouteSyntax, Word
from meshgen.spec.yaml.tree import Mapping, Node, Scalar
from meshgen.unicode import printable

_LONGEST = 200


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
