"""A graph, independent of its output format."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, TypeAlias

NodeKind: TypeAlias = Literal[
    "service",
    "projection",
    "stream",
    "bff",
    "port",
    "command",
    "event",
    "saga",
    "policy",
    "outcome",
]
EdgeKind: TypeAlias = Literal["event", "command", "copy", "read", "undo"]


@dataclass(frozen=True, slots=True)
class Vertex:
    """A box.

    Attributes:
        id: Its id in edges.
        label: The first line, its name.
        note: A smaller second line: its unit or kind.
        rows: Lines below: the events of a command.
    """

    id: str
    label: str
    kind: NodeKind
    note: str = ""
    rows: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Edge:
    """An arrow.

    Attributes:
        labels: Lines of text on it.
        row: The row of its source at which it starts, if any.
    """

    source: str
    target: str
    kind: EdgeKind
    labels: tuple[str, ...] = ()
    row: str = ""


@dataclass(frozen=True, slots=True)
class Graph:
    """Boxes and arrows, in the order of the spec."""

    title: str
    vertices: tuple[Vertex, ...]
    edges: tuple[Edge, ...]
