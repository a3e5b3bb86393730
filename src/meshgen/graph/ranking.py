"""The ranks of a layered drawing: cycles are broken, and arrows go from left to right."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence

from meshgen.graph.model import Graph


def acyclic(graph: Graph) -> list[tuple[str, str, bool]]:
    """Return the edges, reversed (True) where they would close a cycle."""
    follows: dict[str, list[str]] = defaultdict(list)
    for edge in graph.edges:
        follows[edge.source].append(edge.target)
    entered = {edge.target for edge in graph.edges if edge.source != edge.target}
    starts = sorted((v.id for v in graph.vertices), key=lambda v: v in entered)
    state: dict[str, int] = {}
    back: set[tuple[str, str]] = set()
    for start in starts:
        stack = [(start, iter(follows[start]))] if start not in state else []
        state.setdefault(start, 1)
        while stack:
            vertex, others = stack[-1]
            other = next(others, None)
            if other is None:
                state[vertex] = 2
                stack.pop()
            elif state.get(other) == 1:
                back.add((vertex, other))
            elif other not in state:
                state[other] = 1
                stack.append((other, iter(follows[other])))
    return [
        (e.target, e.source, True) if (e.source, e.target) in back else (e.source, e.target, False)
        for e in graph.edges
    ]


def ranks_of(vertices: Sequence[str], edges: Sequence[tuple[str, str, bool]]) -> dict[str, int]:
    """Return the rank of each vertex: after its predecessors, and close to its successors."""
    rank = dict.fromkeys(vertices, 0)
    pairs = [(source, target) for source, target, _ in edges if source != target]
    for _ in vertices:
        changed = False
        for source, target in pairs:
            if rank[target] <= rank[source]:
                rank[target] = rank[source] + 1
                changed = True
        if not changed:
            break
    entered = {target for _, target in pairs}
    for vertex in vertices:
        nexts = [rank[target] for source, target in pairs if source == vertex]
        if vertex not in entered and nexts:
            rank[vertex] = min(nexts) - 1
    return rank
