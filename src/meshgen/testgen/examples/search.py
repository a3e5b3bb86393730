"""A bounded best-first search for histories that show every outcome of each command."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from heapq import heappop, heappush
from itertools import count
from uuid import UUID

from meshgen.spec.expressions.budget import Budget
from meshgen.spec.expressions.values import EvaluationError
from meshgen.spec.model import Aggregate, Command
from meshgen.testgen.examples.attempts import Attempt, Rows, Sources, attempts, looked_up
from meshgen.testgen.examples.candidates import Candidates
from meshgen.testgen.examples.domain import Context, Decider, Emitted, Refused, State
from meshgen.testgen.examples.model import EARLIER, NOW, EventValue, RowValue, earlier_id, new_id
from meshgen.testgen.examples.relevance import is_impure, relevance, state_read

MAX_DEPTH = 6
VARIANTS = 8
# per pass: attempts for a command in each state, decisions in total
PASSES = ((24, 1200), (80, 2400))


@dataclass(frozen=True, slots=True)
class Goal:
    """An outcome that needs an example; `kind` is "event", "rule", "state" or "row"."""

    command: str
    kind: str
    what: str
    number: int = 0


@dataclass(frozen=True, slots=True)
class Hit:
    """An attempt that reached a goal."""

    given: tuple[EventValue, ...]
    attempt: Attempt
    rows: tuple[RowValue, ...]
    outcome: Emitted | Refused


@dataclass(frozen=True, slots=True)
class _Node:
    state: State | None
    given: tuple[EventValue, ...]


class Search:
    """A search for examples of one aggregate; `hits` has the results.

    It expands the simplest history first: with the fewest events and the most ordinary values. A
    second pass tries more values for the remaining goals.
    """

    def __init__(
        self, aggregate: Aggregate, sources: Sources, candidates: Candidates, budget: Budget
    ) -> None:
        self.hits: dict[Goal, Hit] = {}
        self._aggregate = aggregate
        self._budget = budget
        self._decider = Decider(aggregate, candidates.allows, budget)
        self._sources = sources
        self._goals = tuple(goals(aggregate))
        self._reads = {command.name: state_read(command) for command in aggregate.commands}
        self._impure = {command.name: is_impure(command) for command in aggregate.commands}
        self._attempts = {
            command.name: attempts(command, aggregate, sources, candidates)
            for command in aggregate.commands
        }
        self._known: dict[tuple[str, str], tuple[Attempt, ...]] = {}
        self._tries = self._left = 0

    def run(self) -> None:
        """Search until every goal is reached, nothing new is found, or the budget is used up."""
        for self._tries, self._left in PASSES:
            self._known.clear()
            if self._open():
                self._explore()

    @property
    def _is_spent(self) -> bool:
        return self._left <= 0 or self._budget.left <= 0

    def _open(self) -> set[Goal]:
        return set(self._goals) - self.hits.keys()

    def _explore(self) -> None:
        """Repeatedly expand the simplest remaining history."""
        visited: list[State | None] = [None]
        order = count()
        waiting = [(0, next(order), _Node(None, ()))]
        looked_for: frozenset[str] | None = None
        while waiting:
            cost, _, node = heappop(waiting)
            wanted = frozenset(goal.command for goal in self._open())
            if wanted != looked_for:
                looked_for = wanted
                matters = relevance(self._aggregate, wanted)
                seen = {_key(state, matters.fields) for state in visited}
            for command in self._aggregate.commands:
                if command.name not in matters.commands:
                    continue
                for variant, after in self._expand(node, command, matters.fields):
                    key = _key(after.state, matters.fields)
                    if key not in seen and len(after.given) < MAX_DEPTH:
                        seen.add(key)
                        visited.append(after.state)
                        heappush(waiting, (cost + 1 + variant, next(order), after))
                if not self._open() or self._is_spent:
                    return

    def _expand(
        self, node: _Node, command: Command, matters: frozenset[str]
    ) -> Iterator[tuple[int, _Node]]:
        """Try `command` in a node and yield some of the resulting nodes, the simplest as number 0.

        In a state that is equivalent for the command to an earlier one, only the attempts that
        succeeded before are tried.
        """
        key = (command.name, _key(node.state, self._reads[command.name]))
        remaining = self._known.get(key)
        kept: dict[int, list[str]] = {}
        open_goals: set[Goal] = set()
        if remaining is None:
            remaining = self._attempts[command.name][: self._tries]
            open_goals = {goal for goal in self._open() if goal.command == command.name}
        worked: list[Attempt] = []
        for attempt in remaining:
            if self._is_spent or (not open_goals and self._enough(kept, command)):
                break
            outcome: Emitted | Refused | None = None
            if open_goals:
                found = self._hit(node, command, attempt)
                if found is not None:
                    outcome = found.outcome
                    self._record(node, command, found, open_goals)
            if isinstance(outcome, Refused) and outcome.kind == "state":
                break
            if self._enough(kept, command):
                continue
            if outcome is None or self._impure[command.name]:
                outcome = self._before(node, command, attempt)
            after = isinstance(outcome, Emitted) and self._after(node, outcome, kept, matters)
            if after:
                worked.append(attempt)
                yield after
        self._known.setdefault(key, tuple(worked))

    def _record(self, node: _Node, command: Command, found: Hit, open_goals: set[Goal]) -> None:
        goal = _goal_of(command, found.outcome)
        if goal in open_goals:
            self.hits[goal] = found
            open_goals.discard(goal)
            self._without_rows(node, command, found.attempt, open_goals)

    def _hit(self, node: _Node, command: Command, attempt: Attempt) -> Hit | None:
        rows = self._rows(attempt)
        context = Context(NOW, new_id, rows, attempt.answers)
        outcome = self._decided(node, command, attempt, context)
        requested = tuple(row for kind in rows.values() for row in kind.requested())
        return None if outcome is None else Hit(node.given, attempt, requested, outcome)

    def _without_rows(
        self, node: _Node, command: Command, attempt: Attempt, open_goals: set[Goal]
    ) -> None:
        """Repeat a successful attempt without rows."""
        if not any(goal.kind == "row" for goal in open_goals):
            return
        outcome = self._decided(node, command, attempt, Context(NOW, new_id, {}, attempt.answers))
        if isinstance(outcome, Refused) and outcome.kind == "row":
            goal = next(goal for goal in open_goals if goal.kind == "row")
            self.hits[goal] = Hit(node.given, attempt, (), outcome)
            open_goals.discard(goal)

    def _after(
        self, node: _Node, outcome: Emitted, kept: dict[int, list[str]], matters: frozenset[str]
    ) -> tuple[int, _Node] | None:
        """Return the node after `outcome` and its number; None if there are enough like it."""
        variants = kept.setdefault(outcome.emission, [])
        if len(variants) >= VARIANTS:
            return None
        try:
            state = self._decider.evolve(node.state, outcome.event)
        except EvaluationError:
            return None
        key = _key(state, matters)
        if key in variants:
            return None
        variants.append(key)
        return len(variants) - 1, _Node(state, (*node.given, outcome.event))

    def _before(self, node: _Node, command: Command, attempt: Attempt) -> Emitted | Refused | None:
        """Execute `command` a day before the example."""
        context = Context(EARLIER, self._earlier(node), self._rows(attempt), attempt.answers)
        return self._decided(node, command, attempt, context)

    def _earlier(self, node: _Node) -> Callable[[int], UUID]:
        return lambda number: earlier_id(len(node.given) * 16 + number)

    def _enough(self, kept: dict[int, list[str]], command: Command) -> bool:
        return sum(map(len, kept.values())) >= VARIANTS * len(command.emits)

    def _rows(self, attempt: Attempt) -> dict[str, Rows]:
        return {
            kind: Rows(kind, self._sources.replicas[kind][0], fields)
            for kind, fields in (attempt.rows or {}).items()
        }

    def _decided(
        self, node: _Node, command: Command, attempt: Attempt, context: Context
    ) -> Emitted | Refused | None:
        self._left -= 1
        try:
            return self._decider.decide(command, attempt.input, node.state, context)
        except EvaluationError:
            return None


def goals(aggregate: Aggregate) -> Iterator[Goal]:
    """Yield the goals, in the order of the generated tests."""
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


def _goal_of(command: Command, outcome: Emitted | Refused) -> Goal:
    if isinstance(outcome, Emitted):
        event = command.emits[outcome.emission].event
        return Goal(command.name, "event", event, outcome.emission)
    if outcome.kind == "row":
        return Goal(command.name, "row", "")
    return Goal(command.name, outcome.kind, outcome.rule)


def _key(state: State | None, names: frozenset[str]) -> str:
    """Return a key for the fields `names` of a state."""
    if state is None:
        return ""
    return repr([(name, value) for name, value in sorted(state.items()) if name in names])
