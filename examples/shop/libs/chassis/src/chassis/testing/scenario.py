"""Given, when, then: the tests of a domain, without any of the machinery around it."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from functools import reduce
from itertools import count
from typing import Any
from uuid import UUID

from chassis.domain import Answers, Context, Lookup, Question, Refused, Unanswered
from chassis.messages import Command, Event

NOW = datetime(2030, 1, 1, 12, 0, tzinfo=UTC)


def new_id(number: int) -> UUID:
    """Return the id that the first, second, ... `context.new_id()` of a scenario yields."""
    return UUID(int=number)


@dataclass(frozen=True, slots=True)
class Scenario:
    """What a decider decides, told as an example. Every word returns a new scenario.

    `Scenario(decide, evolve).given(*events).when(command).then(*events)`, or `.refused("rule")`.
    `context.now` is `NOW`; rows of replicas are made known by `knowing`, answers by `answering`.
    """

    decide: Callable[[Any, Any, Context], Iterable[Event]]
    evolve: Callable[[Any, Any], Any]
    events: tuple[Event, ...] = ()
    answers: Answers = field(default_factory=Answers)
    command: Command | None = None

    def given(self, *events: Event) -> Scenario:
        """Return the scenario in which `events` happened (after those given before)."""
        return replace(self, events=self.events + events)

    def knowing(self, *rows: Any) -> Scenario:
        """Return the scenario in which the replicas have `rows`; a row's first field is its id."""
        known = self.answers
        for row in rows:
            known = known.plus(Lookup(type(row), getattr(row, _first_field(row))), row)
        return replace(self, answers=known)

    def answering(self, question: Question[Any], answer: object) -> Scenario:
        """Return the scenario in which a port answers `question` with `answer`."""
        return replace(self, answers=self.answers.plus(question, answer))

    def when(self, command: Command) -> Scenario:
        """Return the scenario in which `command` comes."""
        return replace(self, command=command)

    def then(self, *events: Event) -> None:
        """Assert that exactly `events` follow, and that the state can evolve by them."""
        decided = self._decided()
        assert decided == events, f"decided{_lines(decided)}\nexpected{_lines(events)}"
        reduce(self.evolve, decided, self._state())

    def refused(self, rule: str) -> None:
        """Assert that the command is refused with `rule`."""
        broken = self._broken_rule()
        assert broken == rule, f"expected to be refused with {rule!r}, but it was {broken!r}"

    def _broken_rule(self) -> str | tuple[Event, ...]:
        """The rule that the command breaks; what is decided if it breaks none."""
        try:
            return self._decided()
        except Refused as refused:
            return refused.rule

    def _decided(self) -> tuple[Event, ...]:
        assert self.command is not None, "a scenario needs a command: .when(command)"
        numbers = count(1)
        context = Context(
            now=NOW, new_id=lambda: new_id(next(numbers)), answers=_WithoutRows(self.answers)
        )
        try:
            return tuple(self.decide(self.command, self._state(), context))
        except Unanswered as missing:
            raise AssertionError(f"nothing answers {missing.question}: .answering(...)") from None

    def _state(self) -> Any:
        return reduce(self.evolve, self.events, None)


class _WithoutRows(Answers):
    """The answers of a scenario; a row of a replica that was not made known is not there."""

    __slots__ = ()

    def __init__(self, known: Answers) -> None:
        super().__init__(tuple(known.items()))

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
