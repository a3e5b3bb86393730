"""Declarations of sagas."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Any, Generic, TypeAlias, TypeVar

from chassis.messages import Command, Event
from chassis.service import Start

E = TypeVar("E", bound=Event)
Item = TypeVar("Item")

Answers: TypeAlias = type[Event] | tuple[type[Event], ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Step(Generic[E]):
    """A step with one command.

    Attributes:
        do: Returns the command, given the event that started the saga.
        done: The events that report success.
        failed: The events that report failure; a refused command is a failure, too.
        undo: Returns the compensating command.
    """

    do: Callable[[E], Command]
    done: Answers
    failed: Answers = ()
    undo: Callable[[E], Command] | None = None

    def commands(self, start: E) -> tuple[Command, ...]:
        """Return the commands of this step."""
        return (self.do(start),)

    def compensation(self, start: E, item: int) -> Command | None:
        """Return the command that compensates for command number `item`, or None."""
        return self.undo(start) if self.undo else None


@dataclass(frozen=True, slots=True, kw_only=True)
class FanOut(Generic[E, Item]):
    """A step with a command for each item. It is done when all are done, failed when one failed.

    Attributes:
        each: Returns the items, given the event that started the saga.
        do: Returns the command of an item.
        done: The events that report success.
        failed: The events that report failure; a refused command is a failure, too.
        undo: Returns the compensating command of an item.
    """

    each: Callable[[E], Sequence[Item]]
    do: Callable[[E, Item], Command]
    done: Answers
    failed: Answers = ()
    undo: Callable[[E, Item], Command] | None = None

    def commands(self, start: E) -> tuple[Command, ...]:
        """Return the commands of this step."""
        return tuple(self.do(start, item) for item in self.each(start))

    def compensation(self, start: E, item: int) -> Command | None:
        """Return the command that compensates for command number `item`, or None."""
        return self.undo(start, self.each(start)[item]) if self.undo else None


@dataclass(frozen=True, slots=True, kw_only=True)
class Saga(Generic[E]):
    """A process manager.

    A step starts when the previous one is done. When a step has failed and all its answers have
    arrived, or when the deadline passes, the done steps are compensated in reverse order.

    Attributes:
        name: The name of the saga.
        identity: What instances, timers and commands go by, if that is not the name.
        starts_on: The event that starts an instance.
        id: The field of that event which identifies the instance.
        start: The first of those events that starts an instance.
        steps: The steps.
        deadline: The longest duration of an instance.
        on_failure: Returns the last command after a failure, given the event and the reason.
    """

    name: str
    identity: str | None = None
    starts_on: type[E]
    id: str
    start: Start = Start.BEGINNING
    steps: tuple[Step[E] | FanOut[E, Any], ...]
    deadline: timedelta | None = None
    on_failure: Callable[[E, str], Command] | None = None


def answers(declared: Answers) -> tuple[type[Event], ...]:
    """Return declared answers as a tuple."""
    return declared if isinstance(declared, tuple) else (declared,)
