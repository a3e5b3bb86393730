"""What a domain uses of the chassis: the context of a decision, and rules."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from functools import reduce
from typing import Any, Generic, NoReturn, TypeVar, cast
from uuid import UUID

S = TypeVar("S")
A = TypeVar("A")
E = TypeVar("E")


class Refused(Exception):
    """The domain refuses a command, because `rule` does not hold."""

    def __init__(self, rule: str) -> None:
        super().__init__(rule)
        self.rule = rule


class CorruptHistory(Exception):
    """An event changes an aggregate that does not exist: the events or `evolve` are wrong."""


class Question(Generic[A]):
    """A question to a port, answered with an `A`. Subclasses are frozen dataclasses."""

    __slots__ = ()


@dataclass(frozen=True, slots=True)
class Lookup(Question[S | None]):
    """The question for the replica row of class `kind` with the id `id`."""

    kind: type[S]
    id: UUID


class Answers(Mapping[Question[Any], object]):
    """Answers by question. Questions are compared, not hashed, since they may hold lists."""

    __slots__ = ("_pairs",)

    def __init__(self, pairs: tuple[tuple[Question[Any], object], ...] = ()) -> None:
        self._pairs = pairs

    def __getitem__(self, question: Question[Any]) -> object:
        for asked, answer in self._pairs:
            if asked == question:
                return answer
        raise KeyError(question)

    def __iter__(self) -> Iterator[Question[Any]]:
        return (asked for asked, _ in self._pairs)

    def __len__(self) -> int:
        return len(self._pairs)

    def plus(self, question: Question[Any], answer: object) -> Answers:
        """Return these answers and another one, which replaces an earlier one."""
        return Answers(((question, answer), *self._pairs))


class Unanswered(BaseException):
    """A decision needs the answer to `question`. The domain must not catch it."""

    def __init__(self, question: Question[object]) -> None:
        super().__init__(question)
        self.question = question


@dataclass(frozen=True, slots=True, kw_only=True)
class Context:
    """What a decision depends on besides the command and the state.

    A decision is pure and cheap. When it needs an answer that is not among `answers` yet,
    `Unanswered` is raised, and the decision is repeated with the answer.

    Attributes:
        now: The time of the decision.
        new_id: Returns a new id; the same ones when the decision is repeated.
        answers: The answers found so far.
    """

    now: datetime
    new_id: Callable[[], UUID]
    answers: Mapping[Question[Any], object]

    def get(self, kind: type[S], id: UUID) -> S:
        """Return the replica row of class `kind` with the id `id`.

        Raises:
            Refused: There is no such row; the rule is e.g. "product_not_found".
        """
        row = self.find(kind, id)
        if row is None:
            raise Refused(f"{snake_case(kind.__name__)}_not_found")
        return row

    def find(self, kind: type[S], id: UUID) -> S | None:
        """Return the replica row of class `kind` with the id `id`, or None."""
        return self.ask(Lookup(kind, id))

    def ask(self, question: Question[A]) -> A:
        """Return the answer of the port that answers `question`."""
        key = cast("Question[object]", question)
        if key not in self.answers:
            raise Unanswered(key)
        return cast("A", self.answers[key])


def require(condition: bool, rule: str) -> None:
    """Check a rule of the domain.

    Raises:
        Refused: `condition` does not hold; `rule` is the name of the rule.
    """
    if not condition:
        refuse(rule)


def require_new(state: object | None) -> None:
    """Check that the aggregate does not exist yet.

    Raises:
        Refused: It does; the rule is "already_exists".
    """
    require(state is None, "already_exists")


def existing(state: S | None) -> S:
    """Return the state of an aggregate that must exist.

    Raises:
        Refused: It does not exist; the rule is "not_found".
    """
    if state is None:
        refuse("not_found")
    return state


def evolved(evolve: Callable[[S | None, E], S], state: S | None, events: Iterable[E]) -> S | None:
    """Return the state after `events`.

    Raises:
        CorruptHistory: An event changes an aggregate that does not exist.
    """
    try:
        return reduce(evolve, events, state)
    except Refused as error:
        raise CorruptHistory(f"an event cannot be applied: {error.rule}") from error


def refuse(rule: str) -> NoReturn:
    """Refuse the command.

    Raises:
        Refused: Always; `rule` is the name of the rule that does not hold.
    """
    raise Refused(rule)


def snake_case(name: str) -> str:
    """Return a class name in snake case: `OrderLine` -> `order_line`."""
    return re.sub(r"(?<=[a-z0-9])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])", "_", name).lower()
