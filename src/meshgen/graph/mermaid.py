"""A graph as a Mermaid flowchart, which GitHub and many editors render."""

from __future__ import annotations

from meshgen.graph.model import Edge, EdgeKind, Graph, NodeKind, Vertex

_SHAPES: dict[NodeKind, tuple[str, str]] = {
    "service": ("(", ")"),
    "projection": ("[(", ")]"),
    "stream": ("[[", "]]"),
    "bff": ("([", "])"),
    "port": ("[/", "/]"),
    "command": ("[", "]"),
    "event": ("[", "]"),
    "saga": ("{{", "}}"),
    "policy": ("[", "]"),
    "outcome": ("([", "])"),
}
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
_ARROWS: dict[EdgeKind, str] = {
    "event": "-->",
    "command": "==>",
    "copy": "-->",
    "read": "-.->",
    "undo": "-.->",
}


def mermaid(graph: Graph) -> str:
    """The text of a flowchart."""
    names = {vertex.id: f"n{number}" for number, vertex in enumerate(graph.vertices)}
    lines = ["flowchart LR"]
    lines += [f"    {names[v.id]}{_box(v)}:::{v.kind}" for v in graph.vertices]
    lines += [_arrow(edge, names) for edge in graph.edges]
    kinds = dict.fromkeys(vertex.kind for vertex in graph.vertices)
    lines += [
        f"    classDef {kind} fill:{_FILLS[kind]},stroke:#8a929c,color:#1f2328" for kind in kinds
    ]
    return "\n".join(lines) + "\n"


def _box(vertex: Vertex) -> str:
    left, right = _SHAPES[vertex.kind]
    note = f"<br><small>{_escaped(vertex.note)}</small>" if vertex.note else ""
    rows = "".join(f"<br>#8594; {_escaped(row)}" for row in vertex.rows)
    return f'{left}"{_escaped(vertex.label)}{note}{rows}"{right}'


def _arrow(edge: Edge, names: dict[str, str]) -> str:
    label = "<br>".join(_escaped(text) for text in edge.labels)
    text = f'|"{label}"|' if label else ""
    return f"    {names[edge.source]} {_ARROWS[edge.kind]}{text} {names[edge.target]}"


def _escaped(text: str) -> str:
    """Escape a text for a Mermaid label."""
    return "".join(c if c.isalnum() or c in " _-.," else f"#{ord(c)};" for c in text)
