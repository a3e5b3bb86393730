"""A graph as SVG without scripts or external resources; texts are escaped."""

from __future__ import annotations

from itertools import pairwise
from xml.sax.saxutils import escape, quoteattr

from meshgen.graph.layout import Place, Route, Size, laid_out
from meshgen.graph.model import Edge, EdgeKind, Graph, NodeKind, Vertex

MARGIN = 16
LINE, ROW = 14, 22
NAME, NOTE, BOLD = 13, 11, 1.06
NARROW, WIDE = frozenset("fijlrt.,:;'|()[] I"), frozenset("mwMW@")

_FILLS: dict[NodeKind, str] = {
    "service": "#fff3c4",
    "projection": "#d3f0d0",
    "stream": "#cdeeea",
    "bff": "#dbe9fb",
    "port": "#f9d5e5",
    "command": "#cfe3fb",
    "event": "#ffd9ac",
    "saga": "#e3d7f7",
    "policy": "#e3d7f7",
    "outcome": "#e6e8eb",
}
_STROKES: dict[EdgeKind, str] = {
    "event": "#d9822b",
    "command": "#3d7fc9",
    "copy": "#4a9e52",
    "read": "#8a929c",
    "undo": "#8f6ccf",
}
_DASHED: tuple[EdgeKind, ...] = ("read", "undo")
_STYLE = """\
text { font-family: system-ui, "Segoe UI", Helvetica, Arial, sans-serif; fill: #1f2328 }
.name { font-size: 13px; font-weight: 600 }
.note { font-size: 11px; fill: #57606a }
.row { font-size: 13px }
.label { font-size: 11px }
.pill { fill: #f6f8fa; stroke-width: 1 }
.box { stroke: #1f2328; stroke-opacity: .22 }
.arrow { fill: none; stroke-width: 1.6 }
.read { stroke-width: 1.2; stroke-opacity: .8 }
"""


def svg(graph: Graph) -> str:
    """Return the diagram as SVG text."""
    boxes = {vertex.id: _box(vertex) for vertex in graph.vertices}
    layout = laid_out(graph, boxes, [_pill(edge) for edge in graph.edges])
    width, height = layout.size.width + 2 * MARGIN, layout.size.height + 2 * MARGIN
    head = (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width:.0f} {height:.0f}"'
        f' width="{width:.0f}" height="{height:.0f}" role="img"'
        f" aria-label={quoteattr(graph.title)}>"
    )
    known = {vertex.id: vertex for vertex in graph.vertices}
    routes = list(zip(graph.edges, layout.routes, strict=True))
    drawn = [_arrow(edge, route, known[edge.source]) for edge, route in routes]
    drawn += [_labels(edge, route) for edge, route in routes]
    drawn += [_vertex(vertex, layout.places[vertex.id]) for vertex in graph.vertices]
    body = "\n".join(part for part in drawn if part)
    return (
        f"{head}\n<style>\n{_STYLE}</style>\n{_heads(graph)}\n"
        f'<g transform="translate({MARGIN} {MARGIN})">\n{body}\n</g>\n</svg>\n'
    )


def _heads(graph: Graph) -> str:
    kinds = [kind for kind in _STROKES if any(edge.kind == kind for edge in graph.edges)]
    markers = "\n".join(
        f'<marker id="{kind}" viewBox="0 0 10 10" refX="9" refY="5" markerWidth="7"'
        f' markerHeight="7" orient="auto">'
        f'<path d="M0 1 10 5 0 9z" fill="{_STROKES[kind]}"/></marker>'
        for kind in kinds
    )
    return f"<defs>\n{markers}\n</defs>"


def _box(vertex: Vertex) -> Size:
    width = max(_width(text, NAME) for text in (vertex.label, *vertex.rows))
    width = max(width * BOLD, _width(vertex.note, NOTE))
    return Size(round(width + 28), _head(vertex) + ROW * len(vertex.rows))


def _head(vertex: Vertex) -> int:
    """Return the height of a box without its rows."""
    return 44 if vertex.note else 30


def _pill(edge: Edge) -> Size | None:
    if not edge.labels:
        return None
    width = max(_width(text, NOTE) for text in edge.labels)
    return Size(round(width + 16), LINE * len(edge.labels) + 6)


def _width(text: str, size: float) -> float:
    """Estimate the width of a text in common fonts."""
    return sum(_units(character) for character in text) * size


def _units(character: str) -> float:
    if character in NARROW:
        return 0.34
    return 0.9 if character in WIDE else 0.68 if character.isupper() else 0.57


def _vertex(vertex: Vertex, place: Place) -> str:
    left, top = place.x - place.size.width / 2, place.y - place.size.height / 2
    width, height = place.size.width, place.size.height
    radius = {"event": 3, "command": 3, "outcome": 15}.get(vertex.kind, 9)
    head = _head(vertex)
    lines = [_rect(left, top, width, height, radius, _FILLS[vertex.kind])]
    lines.append(_text("name", place.x, top + (19 if vertex.note else 19.5), vertex.label))
    if vertex.note:
        lines.append(_text("note", place.x, top + 35, vertex.note))
    for number, row in enumerate(vertex.rows):
        y = top + head + ROW * number
        lines.append(_rect(left, y, width, ROW, radius, _FILLS["event"]))
        lines.append(_text("row", place.x, y + 15, row))
    return "\n".join(lines)


def _rect(x: float, y: float, width: float, height: float, radius: int, fill: str) -> str:
    return (
        f'<rect class="box" x="{x:.1f}" y="{y:.1f}" width="{width:.0f}" height="{height:.0f}"'
        f' rx="{radius}" fill="{fill}"/>'
    )


def _text(style: str, x: float, y: float, text: str) -> str:
    place = f'x="{x:.1f}" y="{y:.1f}" text-anchor="middle"'
    return f'<text class="{style}" {place}>{escape(text)}</text>'


def _arrow(edge: Edge, route: Route, source: Vertex) -> str:
    dashes = ' stroke-dasharray="5 4"' if edge.kind in _DASHED else ""
    start = route.points[0]
    y = start.y
    if edge.row in source.rows:
        top = start.y - start.size.height / 2 + _head(source)
        y = top + ROW * (source.rows.index(edge.row) + 0.5)
    return (
        f'<path class="arrow {edge.kind}" d="{_path(route.points, y)}"{dashes}'
        f' stroke="{_STROKES[edge.kind]}"'
        f' marker-end="url(#{edge.kind})"/>'
    )


def _path(points: tuple[Place, ...], y: float) -> str:
    """Return a smooth path from border to border that starts at `y`, horizontal within ranks."""
    first, *between, last = points
    if first is last:
        x, top = first.x + first.size.width / 2, first.y - first.size.height / 2
        over = f"{x + 26:.1f} {y:.1f} {x - 8:.1f} {top - 24:.1f} {x - 14:.1f} {top:.1f}"
        return f"M{x:.1f} {y:.1f} C{over}"
    forth = 1 if last.x >= first.x else -1
    stops = [(first.x + forth * first.size.width / 2, y)]
    for place in between:
        stops.append((place.x - forth * place.size.width / 2, place.y))
        stops.append((place.x + forth * place.size.width / 2, place.y))
    stops.append((last.x - forth * last.size.width / 2, last.y))
    parts = [f"M{stops[0][0]:.1f} {stops[0][1]:.1f}"]
    for (x, y), (u, v) in pairwise(stops):
        if abs(y - v) < 0.5:
            parts.append(f"L{u:.1f} {v:.1f}")
        elif x != u:
            bend = (x + u) / 2
            parts.append(f"C{bend:.1f} {y:.1f} {bend:.1f} {v:.1f} {u:.1f} {v:.1f}")
    return " ".join(parts)


def _labels(edge: Edge, route: Route) -> str:
    if route.label is None:
        return ""
    place = route.label
    left, top = place.x - place.size.width / 2, place.y - place.size.height / 2
    lines = [
        f'<rect class="pill" x="{left:.1f}" y="{top:.1f}" width="{place.size.width:.0f}"'
        f' height="{place.size.height:.0f}" rx="9" stroke="{_STROKES[edge.kind]}"/>'
    ]
    for number, text in enumerate(edge.labels):
        lines.append(_text("label", place.x, top + LINE + LINE * number, text))
    return "\n".join(lines)
