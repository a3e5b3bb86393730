"""Layout of boxes and arrows: a layered drawing from left to right.

Cycles are broken, vertices are assigned to ranks, long arrows get a point in each rank between,
ranks are ordered to reduce crossings, and items are moved as close to their neighbours as the order
allows. Labels are points, too, so that space is reserved for them. The layout is deterministic.

Source: Sugiyama, Tagawa, Toda, "Methods for Visual Understanding of Hierarchical System Structures"
(1981).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from itertools import pairwise
from math import inf

from meshgen.graph.model import EdgeKind, Graph
from meshgen.graph.ranking import acyclic, ranks_of

ROUNDS = 24
PULLS = (1.0, 2.0, 8.0)  # by the number of points among the two: straightens long arrows
LIGHT: tuple[EdgeKind, ...] = ("read", "undo", "copy")  # arrows that bend before others do


@dataclass(frozen=True, slots=True)
class Size:
    """The size of an item."""

    width: float
    height: float


@dataclass(slots=True)
class _Item:
    """A vertex, or a point of an arrow, in a rank.

    `before` and `after` are items of the neighbouring ranks with their weights.
    """

    size: Size
    rank: int
    point: bool
    y: float = 0.0
    before: dict[int, float] = field(default_factory=dict)
    after: dict[int, float] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Place:
    """The centre and size of an item."""

    x: float
    y: float
    size: Size


@dataclass(frozen=True, slots=True)
class Route:
    """An arrow: the places from its source to its target, and that of its label."""

    points: tuple[Place, ...]
    label: Place | None


@dataclass(frozen=True, slots=True)
class Layout:
    """Places of vertices by id, routes of edges in the graph's order, and the total size."""

    places: dict[str, Place]
    routes: tuple[Route, ...]
    size: Size


@dataclass(frozen=True, slots=True)
class Gaps:
    """Distances between ranks, boxes and points of arrows."""

    ranks: float = 30
    boxes: float = 20
    points: float = 12


GAPS = Gaps()


def laid_out(
    graph: Graph, boxes: dict[str, Size], labels: Sequence[Size | None], gaps: Gaps = GAPS
) -> Layout:
    """Return the layout of a graph.

    Args:
        graph: The graph.
        boxes: The sizes of vertices by id.
        labels: The sizes of the labels of edges, in the graph's order.
        gaps: Distances.
    """
    drawing = _Drawing(graph, boxes, labels, gaps)
    drawing.order()
    drawing.settle()
    return drawing.layout()


class _Drawing:
    """The items in their ranks; vertices have even ranks, labels odd ones."""

    def __init__(
        self, graph: Graph, boxes: dict[str, Size], labels: Sequence[Size | None], gaps: Gaps
    ) -> None:
        self.graph, self.gaps = graph, gaps
        edges = acyclic(graph)
        rank = ranks_of([v.id for v in graph.vertices], edges)
        self.items = [_Item(boxes[v.id], 2 * rank[v.id], point=False) for v in graph.vertices]
        self.index = {v.id: number for number, v in enumerate(graph.vertices)}
        self.chains = [
            self._chain(*ends, label, edge.kind)
            for ends, label, edge in zip(edges, labels, graph.edges, strict=True)
        ]
        count = max((item.rank for item in self.items), default=0) + 1
        self.ranks: list[list[int]] = [[] for _ in range(count)]
        self._fill()

    def _chain(
        self, source: str, target: str, turned: bool, label: Size | None, kind: EdgeKind
    ) -> list[int]:
        """Return the items of an edge in its direction, with the label in the middle."""
        first, last = self.index[source], self.index[target]
        if first == last:
            return [first, last]  # self-loops are not ordered
        between = range(self.items[first].rank + 1, self.items[last].rank)
        middle = between[len(between) // 2] if between else 0
        middle += 1 - middle % 2
        chain = [first]
        for rank in between:
            size = label if label and rank == middle else Size(0, 0)
            self.items.append(_Item(size, rank, point=True))
            chain.append(len(self.items) - 1)
        chain.append(last)
        for one, other in pairwise(chain):
            points = self.items[one].point + self.items[other].point
            pull = PULLS[points] * (1 if kind in LIGHT else 3)
            self.items[one].after[other] = self.items[one].after.get(other, 0) + pull
            self.items[other].before[one] = self.items[other].before.get(one, 0) + pull
        return chain[::-1] if turned else chain

    def _fill(self) -> None:
        """Set an initial order, depth first, so that connected items are close."""
        seen: set[int] = set()
        roots = [n for n, item in enumerate(self.items) if not item.before]
        for root in roots:
            stack = [root]
            while stack:
                number = stack.pop()
                if number in seen:
                    continue
                seen.add(number)
                self.ranks[self.items[number].rank].append(number)
                stack += reversed(self.items[number].after)

    # order

    def order(self) -> None:
        """Order the ranks to reduce crossings."""
        best, least = [list(rank) for rank in self.ranks], self._crossings()
        for turn in range(ROUNDS):
            down = turn % 2 == 0
            numbers = range(1, len(self.ranks)) if down else range(len(self.ranks) - 2, -1, -1)
            for number in numbers:
                self._sort(number, down)
            self._swap()
            if (crossings := self._crossings()) < least:
                best, least = [list(rank) for rank in self.ranks], crossings
        self.ranks = best

    def _sort(self, number: int, down: bool) -> None:
        beside = self.ranks[number - 1 if down else number + 1]
        place = {item: position for position, item in enumerate(beside)}
        own = {item: position for position, item in enumerate(self.ranks[number])}

        def middle(item: int) -> tuple[float, int]:
            links = self.items[item].before if down else self.items[item].after
            places = [place[link] for link in links]
            return (sum(places) / len(places) if places else own[item], own[item])

        self.ranks[number].sort(key=middle)

    def _swap(self) -> None:
        """Swap neighbours as long as this removes crossings."""
        for _ in range(4):
            better = False
            for number, rank in enumerate(self.ranks):
                places = self._places_beside(number)
                for at in range(len(rank) - 1):
                    one, other = places[rank[at]], places[rank[at + 1]]
                    if _inversions(one, other) > _inversions(other, one):
                        rank[at], rank[at + 1] = rank[at + 1], rank[at]
                        better = True
            if not better:
                return

    def _places_beside(self, number: int) -> dict[int, tuple[list[int], list[int]]]:
        where: dict[int, int] = {}
        for beside in (number - 1, number + 1):
            if 0 <= beside < len(self.ranks):
                where |= {item: place for place, item in enumerate(self.ranks[beside])}
        return {
            item: (
                sorted(where[link] for link in self.items[item].before),
                sorted(where[link] for link in self.items[item].after),
            )
            for item in self.ranks[number]
        }

    def _crossings(self) -> int:
        total = 0
        for left, right in pairwise(self.ranks):
            place = {item: position for position, item in enumerate(right)}
            ends = [
                end
                for item in left
                for end in sorted(place[link] for link in self.items[item].after)
            ]
            total += sum(
                1 for at, end in enumerate(ends) for later in ends[at + 1 :] if later < end
            )
        return total

    # coordinates

    def settle(self) -> None:
        """Move items towards the centre of their neighbours, as far as the order allows."""
        for rank in self.ranks:
            wanted = [0.0] * len(rank)
            self._put(rank, wanted, [1.0] * len(rank))
        for turn in range(ROUNDS):
            down = turn % 2 == 0
            for rank in self.ranks if down else reversed(self.ranks):
                self._put(rank, *self._wishes(rank, None if turn >= ROUNDS // 2 else down))
        for _ in range(3):
            for chain in self.chains:
                self._straighten([number for number in chain if self.items[number].point])

    def _straighten(self, points: list[int]) -> None:
        """Align runs of points as far as their neighbours leave space."""
        run: list[int] = []
        low, high = -inf, inf
        for number in points:
            least, most = self._room(number)
            if run and max(low, least) > min(high, most):
                self._level(run, low, high)
                run, low, high = [], -inf, inf
            run.append(number)
            low, high = max(low, least), min(high, most)
        if run:
            self._level(run, low, high)

    def _room(self, number: int) -> tuple[float, float]:
        """Return how far an item can move up and down."""
        rank = self.ranks[self.items[number].rank]
        at = rank.index(number)
        above = rank[at - 1] if at else None
        below = rank[at + 1] if at + 1 < len(rank) else None
        return (
            -inf if above is None else self.items[above].y + self._distance(above, number),
            inf if below is None else self.items[below].y - self._distance(number, below),
        )

    def _level(self, run: list[int], low: float, high: float) -> None:
        """Align points with an end of the arrow if it is close, else with their median."""
        links = [
            link for number in run for link in self.items[number].before | self.items[number].after
        ]
        ends = [self.items[link].y for link in links if not self.items[link].point]
        levels = sorted(self.items[number].y for number in run)
        middle = levels[len(levels) // 2]
        wanted = min(ends, key=lambda y: abs(y - middle)) if ends else middle
        for number in run:
            self.items[number].y = min(max(wanted, low), high)

    def _wishes(self, rank: list[int], down: bool | None) -> tuple[list[float], list[float]]:
        """Return the preferred positions of the items of a rank, and their weights."""
        wanted, weights = [], []
        for number in rank:
            item = self.items[number]
            links = (
                item.before | item.after if down is None else item.before if down else item.after
            )
            pulls = [(self.items[link].y, pull) for link, pull in links.items()]
            weight = sum(pull for _, pull in pulls)
            wanted.append(sum(y * pull for y, pull in pulls) / weight if weight else item.y)
            weights.append(weight or (0.1 if item.before or item.after else 0.0))
        return wanted, weights

    def _put(self, rank: list[int], wanted: list[float], weights: list[float]) -> None:
        """Place a rank in order, with gaps, as close as possible to the preferred positions."""
        offsets, at = [], 0.0
        for position, number in enumerate(rank):
            if position:
                at += self._distance(rank[position - 1], number)
            offsets.append(at)
        goals = [want - offset for want, offset in zip(wanted, offsets, strict=True)]
        near = next((goal for goal, weight in zip(goals, weights, strict=True) if weight), 0.0)
        for place, weight in enumerate(weights):  # items without arrows stay beside the others
            near = goals[place] = goals[place] if weight else near
        for number, goal, offset in zip(rank, _ascending(goals, weights), offsets, strict=True):
            self.items[number].y = goal + offset

    def _distance(self, one: int, other: int) -> float:
        upper, lower = self.items[one], self.items[other]
        gap = self.gaps.points if upper.point or lower.point else self.gaps.boxes
        return upper.size.height / 2 + gap + lower.size.height / 2

    def layout(self) -> Layout:
        widths = [max((self.items[n].size.width for n in rank), default=0.0) for rank in self.ranks]
        middles, x = [], 0.0
        for width in widths:
            middles.append(x + width / 2)
            x += width + self.gaps.ranks
        top = min((item.y - item.size.height / 2 for item in self.items), default=0.0)
        bottom = max((item.y + item.size.height / 2 for item in self.items), default=0.0)
        places = [
            Place(
                middles[item.rank],
                item.y - top,
                Size(widths[item.rank], 0) if item.point else item.size,
            )
            for item in self.items
        ]
        return Layout(
            {vertex.id: places[self.index[vertex.id]] for vertex in self.graph.vertices},
            tuple(self._route(chain, places) for chain in self.chains),
            Size(x - self.gaps.ranks if widths else 0.0, bottom - top),
        )

    def _route(self, chain: list[int], places: list[Place]) -> Route:
        labels = [
            Place(places[number].x, places[number].y, self.items[number].size)
            for number in chain[1:-1]
            if self.items[number].size.width
        ]
        passed = [places[number] for number in chain[1:-1] if places[number].size.width]
        points = (places[chain[0]], *passed, places[chain[-1]])
        return Route(points, labels[0] if labels else None)


def _inversions(one: tuple[list[int], list[int]], other: tuple[list[int], list[int]]) -> int:
    """Count the crossings if `one` precedes `other`."""
    return sum(1 for a, b in zip(one, other, strict=True) for x in a for y in b if x > y)


def _ascending(goals: Sequence[float], weights: Sequence[float]) -> list[float]:
    """Return the non-decreasing values closest to `goals` (pool adjacent violators)."""
    pools: list[tuple[float, float, int]] = []
    for goal, weight in zip(goals, weights, strict=True):
        pools.append((goal, weight, 1))
        while len(pools) > 1 and pools[-2][0] > pools[-1][0]:
            (one, heavy, many), (other, light, few) = pools[-2], pools[-1]
            total = heavy + light
            mean = (one * heavy + other * light) / total if total else one
            pools[-2:] = [(mean, total, many + few)]
    return [value for value, _, count in pools for _ in range(count)]
