"""Scenarios of sagas: the commands that a saga sends, and the events that answer them."""

from __future__ import annotations

from datetime import datetime
from typing import Any, Self
from uuid import UUID

from chassis.messages import Command, Event
from chassis.saga import Saga
from chassis.saga.instance import Instance, Status
from chassis.saga.process import Process
from chassis.saga.schedule import TimerKind
from chassis.saga.transition import Dispatch, Transition
from chassis.testing.scenario import NOW


class SagaScenario:
    """One instance of a saga, without runtime, store and hub.

    Use `SagaScenario(saga).starts(event)`, then `.sends(*commands)` and `.answers(command, event)`
    in turn, and finally `.ends()`.
    """

    def __init__(self, saga: Saga[Any]) -> None:
        self._process = Process(saga)
        self._starts = 0
        self._instance: Instance | None = None
        self._sent: list[Dispatch] = []
        self._new: list[Command] = []
        self._due: dict[TimerKind, datetime] = {}

    def starts(self, event: Event) -> Self:
        """Start an instance with `event`, every time another one."""
        self._starts += 1
        self._due = {}
        id = UUID(int=self._starts)
        self._follow(self._process.begin(event, cause=id, correlation_id=id, now=NOW))
        return self

    def sends(self, *commands: Command) -> None:
        """Assert that exactly `commands` were sent since the last call."""
        sent, self._new = tuple(self._new), []
        assert sent == commands, f"sent{_lines(sent)}\nexpected{_lines(commands)}"

    def answers(self, command: Command, event: Event) -> None:
        """Answer a sent command with an event, `CommandHandled` or `CommandRefused`."""
        ids = [dispatch.id for dispatch in self._sent if dispatch.command == command]
        assert ids, f"{command!r} was not sent"
        awaited = [id for id in ids if self._running.awaited(id)]
        assert awaited, f"{command!r} is answered already"
        transition = self._process.answered(self._running, awaited[0], event, NOW)
        assert transition is not None, f"{event!r} is not an answer to {command!r}"
        self._follow(transition)

    def passes_its_deadline(self) -> None:
        """Pass the deadline."""
        assert TimerKind.DEADLINE in self._due, "there is no deadline to pass"
        self._follow(self._process.deadline(self._running, NOW))

    def tries_again(self) -> None:
        """Pass the pause after which refused commands are sent again."""
        assert TimerKind.RETRY in self._due, "no refused command waits to be sent again"
        self._follow(self._process.retry(self._running, NOW))

    def is_stuck(self) -> None:
        """Assert that a refused command was sent again too often."""
        assert self._running.status is Status.STUCK, f"it is {self._running.status}"

    def is_resumed(self) -> None:
        """Resume a stuck instance by hand."""
        self.is_stuck()
        transition = self._process.resume(self._running, NOW)
        assert transition is not None
        self._follow(transition)

    def ends(self) -> None:
        """Assert that the saga sends nothing more and awaits no answer."""
        self.sends()
        assert self._running.ended, f"it is {self._running.status}"

    @property
    def _running(self) -> Instance:
        assert self._instance is not None, "the saga has not started: call .starts(event)"
        return self._instance

    def _follow(self, transition: Transition) -> None:
        self._instance = transition.instance
        self._sent += transition.dispatches
        self._new += [dispatch.command for dispatch in transition.dispatches]
        changed = {**self._due, **transition.timers}
        self._due = {kind: due for kind, due in changed.items() if due is not None}


def _lines(commands: tuple[Command, ...]) -> str:
    return "".join(f"\n  {command!r}" for command in commands) or " nothing"
