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
        undone: The events that report that the compensation is done.
    """

    do: Callable[[E], Command]
    done: Answers
    failed: Answers = ()
    undo: Callable[[E], Command] | None = None
    undone: Answers = ()

    def __post_init__(self) -> None:
        _check_undone(self)

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
        undone: The events that report that the compensation is done.
    """

    each: Callable[[E], Sequence[Item]]
    do: Callable[[E, Item], Command]
    done: Answers
    failed: Answers = ()
    undo: Callable[[E, Item], Command] | None = None
    undone: Answers = ()

    def __post_init__(self) -> None:
        _check_undone(self)

    def commands(self, start: E) -> tuple[Command, ...]:
        """Return the commands of this step."""
        return tuple(self.do(start, item) for item in self.each(start))

    def compensation(self, start: E, item: int) -> Command | None:
        """Return the command that compensates for command number `item`, or None."""
        return self.undo(start, self.each(start)[item]) if self.undo else None


@dataclass(frozen=True, slots=True, kw_only=True)
class OnFailure(Generic[E]):
    """The last command of a saga that has failed.

    A refusal is an answer, too: the aggregate has ended in another way, e.g. by a user.

    Attributes:
        do: Returns the command, given the event that started the saga, and the reason.
        done: The events that report that the command is done.
    """

    do: Callable[[E, str], Command]
    done: Answers


@dataclass(frozen=True, slots=True, kw_only=True)
class Saga(Generic[E]):
    """A process manager. The package describes how it proceeds.

    Attributes:
        name: The name of the saga.
        identity: What instances, timers and commands go by, if that is not the name.
        starts_on: The event that starts an instance.
        id: The field of that event which is the key of its instances.
        start: The first of those events that starts an instance.
        steps: The steps.
        deadline: How long an instance goes forward before it turns back.
        on_failure: The last command after a failure.
    """

    name: str
    identity: str | None = None
    starts_on: type[E]
    id: str
    start: Start = Start.BEGINNING
    steps: tuple[Step[E] | FanOut[E, Any], ...]
    deadline: timedelta | None = None
    on_failure: OnFailure[E] | None = None

    @property
    def pivot(self) -> int:
        """The number of the pivot; the number of steps if all are compensatable."""
        number = len(self.steps)
        for step in reversed(self.steps):
            if step.undo is not None:
                return number
            number -= 1
            if step.failed:
                return number
        return number

    @property
    def answers(self) -> tuple[type[Event], ...]:
        """The events that answer its commands, without refusals."""
        declared = [a for step in self.steps for a in (step.done, step.failed, step.undone)]
        declared += [self.on_failure.done] if self.on_failure else []
        return tuple(dict.fromkeys(event for each in declared for event in answers(each)))


def answers(declared: Answers) -> tuple[type[Event], ...]:
    """Return declared answers as a tuple."""
    return declared if isinstance(declared, tuple) else (declared,)


def _check_undone(step: Step[Any] | FanOut[Any, Any]) -> None:
    if (step.undo is None) != (step.undone == ()):
        raise ValueError("a step has either both `undo` and `undone`, or neither")
