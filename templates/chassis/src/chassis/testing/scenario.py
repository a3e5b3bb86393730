"""Given, when, then: scenarios of aggregates, without runtime, store and hub."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from itertools import count
from typing import Any
from uuid import NAMESPACE_OID, UUID, uuid5

from chassis.domain import Answers, Context, Lookup, Question, Refused, Unanswered, evolved
from chassis.messages import Command, Event

NOW = datetime(2030, 1, 1, 12, 0, tzinfo=UTC)


def new_id(number: int) -> UUID:
    """Return the result of call `number` of `context.new_id()` in a scenario."""
    return UUID(int=number)


def example_id(field: str, number: int = 1) -> UUID:
    """Return the example id number `number` for a field, which is always the same one."""
    return uuid5(NAMESPACE_OID, f"{field}:{number}")


@dataclass(frozen=True, slots=True)
class Scenario:
    """An example of the decisions of an aggregate. It is immutable.

    Use `Scenario(decide, evolve).given(*events).when(command).then(*events)`, or end with
    `.refused(rule)`. In a scenario, `context.now` is `NOW`.
    """

    decide: Callable[[Any, Any, Context], Iterable[Event]]
    evolve: Callable[[Any, Any], Any]
    events: tuple[Event, ...] = ()
    answers: Answers = field(default_factory=Answers)
    command: Command | None = None

    def given(self, *events: Event) -> Scenario:
        """Add events that have happened."""
        return replace(self, events=self.events + events)

    def given_rows(self, *rows: Any) -> Scenario:
        """Add rows of replicas. The first field of a row is its id."""
        given = self.answers
        for row in rows:
            given = given.plus(Lookup(type(row), getattr(row, _first_field(row))), row)
        return replace(self, answers=given)

    def given_answer(self, question: Question[Any], answer: object) -> Scenario:
        """Add the answer of a port."""
        return replace(self, answers=self.answers.plus(question, answer))

    def when(self, command: Command) -> Scenario:
        """Set the command."""
        return replace(self, command=command)

    def then(self, *events: Event) -> None:
        """Assert that the command causes exactly `events`, and that they can be applied."""
        decided = self._decided()
        assert decided == events, f"decided{_lines(decided)}\nexpected{_lines(events)}"
        evolved(self.evolve, self._state(), decided)

    def refused(self, rule: str) -> None:
        """Assert that the command is refused because of `rule`."""
        broken = self._broken_rule()
        assert broken == rule, f"expected to be refused with {rule!r}, but it was {broken!r}"

    def _broken_rule(self) -> str | tuple[Event, ...]:
        """Return the rule that does not hold, else the events."""
        try:
            return self._decided()
        except Refused as refused:
            return refused.rule

    def _decided(self) -> tuple[Event, ...]:
        assert self.command is not None, "the scenario has no command: call .when(command)"
        numbers = count(1)
        context = Context(
            now=NOW, new_id=lambda: new_id(next(numbers)), answers=_WithoutRows(self.answers)
        )
        try:
            return tuple(self.decide(self.command, self._state(), context))
        except Unanswered as missing:
            raise AssertionError(
                f"nothing answers {missing.question}: .given_answer(...)"
            ) from None

    def _state(self) -> Any:
        return evolved(self.evolve, None, self.events)


class _WithoutRows(Answers):
    """The answers of a scenario; rows of replicas that were not given do not exist."""

    __slots__ = ()

    def __init__(self, given: Answers) -> None:
        super().__init__(tuple(given.items()))

    def __getitem__(self, question: Question[Any]) -> object:
        try:
            return super().__getitem__(question)
        except KeyError:
            if isinstance(question, Lookup):
                return None
            raise


def _first_field(row: Any) -> str:
    return dataclasses.fields(row)[0].name


def _lines(events: tuple[Event, ...]) -> str:
    return "".join(f"\n  {event!r}" for event in events) or " nothing"
