"""A bounded best-first search for histories that show what each command does and refuses."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from heapq import heappop, heappush
from itertools import count
from uuid import UUID

from meshgen.spec.expressions.values import EvaluationError
from meshgen.spec.model import Aggregate, Command
from meshgen.testgen.examples.attempts import Attempt, Rows, Sources, attempts, looked_up
from meshgen.testgen.examples.candidates import Candidates
from meshgen.testgen.examples.domain import Decider, Happened, Refused, State, Surroundings
from meshgen.testgen.examples.model import EARLIER, NOW, EventValue, RowValue, earlier_id, new_id
from meshgen.testgen.examples.relevance import is_impure, relevance, state_read

MAX_DEPTH = 6
VARIANTS = 8
# in how many ways a command is tried on a state, how many decisions are made in all
PASSES = ((24, 1200), (80, 2400))


@dataclass(frozen=True, slots=True)
class Goal:
    """What an example is wanted for: kind "event", "rule", "state" or "row"; which one of those."""

    command: str
    kind: str
    what: str
    number: int = 0


@dataclass(frozen=True, slots=True)
class Hit:
    """How a goal is met."""

    given: tuple[EventValue, ...]
    attempt: Attempt
    rows: tuple[RowValue, ...]
    outcome: Happened | Refused


@dataclass(frozen=True, slots=True)
class _Node:
    state: State | None
    given: tuple[EventValue, ...]


class Search:
    """One search for one aggregate; `hits` is what it finds.

    It goes on from the plainest history: the fewest events, and these of ordinary values. A second
    pass tries more values for what is still wanted.
    """

    def __init__(self, aggregate: Aggregate, sources: Sources, candidates: Candidates) -> None:
        self.hits: dict[Goal, Hit] = {}
        self._aggregate = aggregate
        self._decider = Decider(aggregate, candidates.allows)
        self._sources = sources
        self._wanted = tuple(goals(aggregate))
        self._reads = {command.name: state_read(command) for command in aggregate.commands}
        self._impure = {command.name: is_impure(command) for command in aggregate.commands}
        self._ways = {
            command.name: attempts(command, aggregate, sources, candidates)
            for command in aggregate.commands
        }
        self._known: dict[tuple[str, str], tuple[Attempt, ...]] = {}
        self._tries = self._left = 0

    def run(self) -> None:
        """Search until every goal is met, nothing new is found, or the budget is used up."""
        for self._tries, self._left in PASSES:
            self._known.clear()
            if self._open():
                self._explored()

    def _open(self) -> set[Goal]:
        return set(self._wanted) - self.hits.keys()

    def _explored(self) -> None:
        """Take the plainest history that is left, see what can follow it, and so on."""
        visited: list[State | None] = [None]
        order = count()
        waiting = [(0, next(order), _Node(None, ()))]
        while waiting:
            cost, _, node = heappop(waiting)
            matters = relevance(self._aggregate, (goal.command for goal in self._open()))
            seen = {_seen(state, matters.fields) for state in visited}
            for command in self._aggregate.commands:
                if command.name not in matters.commands:
                    continue
                for variant, after in self._tried(node, command, matters.fields):
                    key = _seen(after.state, matters.fields)
                    if key not in seen and len(after.given) < MAX_DEPTH:
                        seen.add(key)
                        visited.append(after.state)
                        heappush(waiting, (cost + 1 + variant, next(order), after))
                if not self._open() or self._left <= 0:
                    return

    def _tried(
        self, node: _Node, command: Command, matters: frozenset[str]
    ) -> Iterator[tuple[int, _Node]]:
        """Try `command` on a node; yield some of the nodes it leads to, the plainest as number 0.

        On a state that looks the same to the command as an earlier one, only what worked is tried.
        """
        key = (command.name, _seen(node.state, self._reads[command.name]))
        ways = self._known.get(key)
        kept: dict[int, list[str]] = {}
        open_goals: set[Goal] = set()
        if ways is None:
            ways = self._ways[command.name][: self._tries]
            open_goals = {goal for goal in self._open() if goal.command == command.name}
        worked: list[Attempt] = []
        for way in ways:
            if self._left <= 0 or (not open_goals and self._enough(kept, command)):
                break
            outcome: Happened | Refused | None = None
            if open_goals:
                found = self._hit(node, command, way)
                if found is not None:
                    outcome = found.outcome
                    self._met(node, command, found, open_goals)
            if isinstance(outcome, Refused) and outcome.kind == "state":
                break
            if self._enough(kept, command):
                continue
            if outcome is None or self._impure[command.name]:
                outcome = self._before(node, command, way)
            after = isinstance(outcome, Happened) and self._after(node, outcome, kept, matters)
            if after:
                worked.append(way)
                yield after
        self._known.setdefault(key, tuple(worked))

    def _met(self, node: _Node, command: Command, found: Hit, open_goals: set[Goal]) -> None:
        goal = _goal_of(command, found.outcome)
        if goal in open_goals:
            self.hits[goal] = found
            open_goals.discard(goal)
            self._without_rows(node, command, found.attempt, open_goals)

    def _hit(self, node: _Node, command: Command, way: Attempt) -> Hit | None:
        rows = self._rows(way)
        around = Surroundings(NOW, new_id, rows, way.answers)
        outcome = self._decided(node, command, way, around)
        asked = tuple(row for kind in rows.values() for row in kind.asked())
        return None if outcome is None else Hit(node.given, way, asked, outcome)

    def _without_rows(
        self, node: _Node, command: Command, way: Attempt, open_goals: set[Goal]
    ) -> None:
        """Try once more what worked, but with no row to be found."""
        if not any(goal.kind == "row" for goal in open_goals):
            return
        outcome = self._decided(node, command, way, Surroundings(NOW, new_id, {}, way.answers))
        if isinstance(outcome, Refused) and outcome.kind == "row":
            goal = next(goal for goal in open_goals if goal.kind == "row")
            self.hits[goal] = Hit(node.given, way, (), outcome)
            open_goals.discard(goal)

    def _after(
        self, node: _Node, outcome: Happened, kept: dict[int, list[str]], matters: frozenset[str]
    ) -> tuple[int, _Node] | None:
        """Return the node after `outcome` and its number; None if enough like it were kept."""
        variants = kept.setdefault(outcome.emission, [])
        if len(variants) >= VARIANTS:
            return None
        try:
            state = self._decider.evolve(node.state, outcome.event)
        except EvaluationError:
            return None
        key = _seen(state, matters)
        if key in variants:
            return None
        variants.append(key)
        return len(variants) - 1, _Node(state, (*node.given, outcome.event))

    def _before(self, node: _Node, command: Command, way: Attempt) -> Happened | Refused | None:
        """Carry `command` out a day before the example."""
        around = Surroundings(EARLIER, self._earlier(node), self._rows(way), way.answers)
        return self._decided(node, command, way, around)

    def _earlier(self, node: _Node) -> Callable[[int], UUID]:
        return lambda number: earlier_id(len(node.given) * 16 + number)

    def _enough(self, kept: dict[int, list[str]], command: Command) -> bool:
        return sum(map(len, kept.values())) >= VARIANTS * len(command.emits)

    def _rows(self, way: Attempt) -> dict[str, Rows]:
        return {
            kind: Rows(kind, self._sources.replicas[kind][0], fields)
            for kind, fields in (way.rows or {}).items()
        }

    def _decided(
        self, node: _Node, command: Command, way: Attempt, around: Surroundings
    ) -> Happened | Refused | None:
        self._left -= 1
        try:
            return self._decider.decide(command, way.input, node.state, around)
        except EvaluationError:
            return None


def goals(aggregate: Aggregate) -> Iterator[Goal]:
    """Yield what examples are wanted for, in the order in which they are told."""
    for command in aggregate.commands:
        for number, emission in enumerate(command.emits):
            yield Goal(command.name, "event", emission.event, number)
        for guard in command.requires:
            yield Goal(command.name, "rule", guard.name)
        if looked_up(command):
            yield Goal(command.name, "row", "")
        if command.mode != "upserts":
            rule = "already_exists" if command.mode == "creates" else "not_found"
            yield Goal(command.name, "state", rule)


def _goal_of(command: Command, outcome: Happened | Refused) -> Goal:
    if isinstance(outcome, Happened):
        event = command.emits[outcome.emission].event
        return Goal(command.name, "event", event, outcome.emission)
    if outcome.kind == "row":
        return Goal(command.name, "row", "")
    return Goal(command.name, outcome.kind, outcome.rule)


def _seen(state: State | None, names: frozenset[str]) -> str:
    """Return what tells states apart that differ in the fields `names`."""
    if state is None:
        return ""
    return repr([(name, value) for name, value in sorted(state.items()) if name in names])
