"""Scenarios of sagas: the commands that a saga sends, and the events that answer them."""

from __future__ import annotations

from typing import Any, Self
from uuid import UUID

from chassis.messages import Command, Event
from chassis.saga import Saga
from chassis.saga.process import Dispatch, Instance, Process, Status, Transition

_ID = UUID(int=1)


class SagaScenario:
    """One instance of a saga, without runtime, store and hub.

    Use `SagaScenario(saga).starts(event)`, then `.sends(*commands)` and `.answers(command, event)`
    in turn, and finally `.ends()`.
    """

    def __init__(self, saga: Saga[Any]) -> None:
        self._process = Process(saga)
        self._id = saga.id
        self._instance: Instance | None = None
        self._sent: list[Dispatch] = []
        self._new: list[Command] = []

    def starts(self, event: Event) -> Self:
        """Start the instance with `event`."""
        instance = Instance(
            id=str(getattr(event, self._id)),
            correlation_id=_ID,
            cause=_ID,
            start=event.model_dump(mode="json"),
        )
        self._follow(self._process.begin(instance))
        return self

    def sends(self, *commands: Command) -> None:
        """Assert that exactly `commands` were sent since the last call."""
        sent, self._new = tuple(self._new), []
        assert sent == commands, f"sent{_lines(sent)}\nexpected{_lines(commands)}"

    def answers(self, command: Command, event: Event) -> None:
        """Answer a sent command with an event, or with `CommandRefused`."""
        ids = [dispatch.id for dispatch in self._sent if dispatch.command == command]
        assert ids, f"{command!r} was not sent"
        transition = self._process.answered(self._running, ids[0], event)
        assert transition is not None, f"{event!r} is not an answer to {command!r}"
        self._follow(transition)

    def passes_its_deadline(self) -> None:
        """Pass the deadline."""
        self._follow(self._process.deadline(self._running))

    def ends(self) -> None:
        """Assert that the saga sends nothing more and awaits no answer."""
        self.sends()
        assert self._running.status is not Status.RUNNING, "it awaits an answer"

    @property
    def _running(self) -> Instance:
        assert self._instance is not None, "the saga has not started: call .starts(event)"
        return self._instance

    def _follow(self, transition: Transition) -> None:
        self._instance = transition.instance
        self._sent += transition.dispatches
        self._new += [dispatch.command for dispatch in transition.dispatches]


def _lines(commands: tuple[Command, ...]) -> str:
    return "".join(f"\n  {command!r}" for command in commands) or " nothing"
