"""The words a saga is declared in."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Any, Generic, TypeAlias, TypeVar

from chassis.messages import Command, Event

E = TypeVar("E", bound=Event)
Item = TypeVar("Item")

Answers: TypeAlias = type[Event] | tuple[type[Event], ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Step(Generic[E]):
    """One command, made of the event that started the saga.

    `done` and `failed`: the events that answer it; a refusal always counts as failed. `undo` takes
    a done step back when a later one fails.
    """

    do: Callable[[E], Command]
    done: Answers
    failed: Answers = ()
    undo: Callable[[E], Command] | None = None

    def commands(self, start: E) -> tuple[Command, ...]:
        """Return the commands of this step."""
        return (self.do(start),)

    def undoing(self, start: E, item: int) -> Command | None:
        """Return what takes the command number `item` back, if anything does."""
        return self.undo(start) if self.undo else None


@dataclass(frozen=True, slots=True, kw_only=True)
class FanOut(Generic[E, Item]):
    """One command for each item; the step is done when all are, failed when one failed."""

    each: Callable[[E], Sequence[Item]]
    do: Callable[[E, Item], Command]
    done: Answers
    failed: Answers = ()
    undo: Callable[[E, Item], Command] | None = None

    def commands(self, start: E) -> tuple[Command, ...]:
        """Return the commands of this step."""
        return tuple(self.do(start, item) for item in self.each(start))

    def undoing(self, start: E, item: int) -> Command | None:
        """Return what takes the command number `item` back, if anything does."""
        return self.undo(start, self.each(start)[item]) if self.undo else None


@dataclass(frozen=True, slots=True, kw_only=True)
class Saga(Generic[E]):
    """A process manager: one instance for every `starts_on` event, known by its field `id`.

    A step begins when the one before is done. When one has failed and all its answers are there, or
    at the `deadline`, what was done is undone in reverse order and `on_failure(event, failure)`
    is sent. `identity`: what its instances, timers and commands go by, if that is not its name.
    """

    name: str
    identity: str | None = None
    starts_on: type[E]
    id: str
    steps: tuple[Step[E] | FanOut[E, Any], ...]
    deadline: timedelta | None = None
    on_failure: Callable[[E, str], Command] | None = None


def answers(declared: Answers) -> tuple[type[Event], ...]:
    """Return the events that are declared as answers."""
    return declared if isinstance(declared, tuple) else (declared,)
