"""What a domain may use of the chassis: its context, and the words to refuse with."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Generic, NoReturn, TypeVar, cast
from uuid import UUID

S = TypeVar("S")
A = TypeVar("A")


class Refused(Exception):
    """The domain refuses a command: `rule` is broken."""

    def __init__(self, rule: str) -> None:
        super().__init__(rule)
        self.rule = rule


class CorruptHistory(Exception):
    """An event happened to an aggregate that does not exist: the log or `evolve` is wrong."""


class Question(Generic[A]):
    """A question to the outside, answered with an `A`. Subclasses are frozen dataclasses."""

    __slots__ = ()


@dataclass(frozen=True, slots=True)
class Lookup(Question[S | None]):
    """The replica row of `kind` with `id`."""

    kind: type[S]
    id: UUID


class Answers(Mapping[Question[Any], object]):
    """Answers by question. They are compared, not hashed: a question may hold lists."""

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
        """Return these answers and one more, which replaces an earlier one."""
        return Answers(((question, answer), *self._pairs))


class Unanswered(BaseException):
    """A decision needs the answer to `question` first. Not for the domain to catch."""

    def __init__(self, question: Question[object]) -> None:
        super().__init__(question)
        self.question = question


@dataclass(frozen=True, slots=True, kw_only=True)
class Context:
    """What a decision may know besides the command and the state.

    A decision is pure and quick, so it is simply made anew when it turns out to need an answer that
    is not among `answers` yet: the first question without one raises `Unanswered`.
    """

    now: datetime
    new_id: Callable[[], UUID]
    answers: Mapping[Question[Any], object]

    def get(self, kind: type[S], id: UUID) -> S:
        """Return the replica row of `kind` with `id`, or refuse with e.g. "product_not_found"."""
        row = self.find(kind, id)
        if row is None:
            raise Refused(f"{_snake_case(kind.__name__)}_not_found")
        return row

    def find(self, kind: type[S], id: UUID) -> S | None:
        """Return the replica row of `kind` with `id`, or None."""
        return self.ask(Lookup(kind, id))

    def ask(self, question: Question[A]) -> A:
        """Return the answer of the port that `question` belongs to."""
        key = cast("Question[object]", question)
        if key not in self.answers:
            raise Unanswered(key)
        return cast("A", self.answers[key])


def require(condition: bool, rule: str) -> None:
    """Refuse with `rule` unless `condition` holds."""
    if not condition:
        refuse(rule)


def require_new(state: object | None) -> None:
    """Refuse with "already_exists" if there is such an aggregate."""
    require(state is None, "already_exists")


def require_existing(state: S | None) -> S:
    """Return the state, or refuse with "not_found" if there is no such aggregate."""
    if state is None:
        refuse("not_found")
    return state


def known(state: S | None) -> S:
    """Return the state that an event changes; that there is none is an error of the history."""
    if state is None:
        raise CorruptHistory("the first event of an aggregate must be one that creates it")
    return state


def refuse(rule: str) -> NoReturn:
    """Refuse the command: `rule` is broken."""
    raise Refused(rule)


def _snake_case(name: str) -> str:
    return re.sub(r"(?<=[a-z0-9])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])", "_", name).lower()
