"""The transitions of a saga: pure functions from an instance and an event to the next one."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from enum import StrEnum
from typing import Any
from uuid import UUID, uuid5

from chassis.messages import Command, CommandRefused, Event
from chassis.saga.declaration import Saga, answers

_NAMESPACE = UUID("5f0c3c1e-6a86-4f2b-9d0a-6a1f0b1c8f5d")

DEADLINE_PASSED = "deadline passed"


class Status(StrEnum):
    """The status of an instance. The compensations of a failed one have been sent."""

    RUNNING = "running"
    COMPLETED = "completed"
    FAILED = "failed"


class Progress(StrEnum):
    """The status of a command."""

    SENT = "sent"
    DONE = "done"
    FAILED = "failed"
    UNDONE = "undone"


@dataclass(frozen=True, slots=True, kw_only=True)
class Sent:
    """A sent command: number `item` of step `step`."""

    id: UUID
    step: int
    item: int
    progress: Progress = Progress.SENT


@dataclass(frozen=True, slots=True, kw_only=True)
class Instance:
    """An instance of a saga.

    Attributes:
        id: The id of the instance.
        correlation_id: The correlation id of the event that started it.
        cause: The id of the event that started it.
        start: The data of the event that started it.
        status: The status.
        step: The number of the current step.
        sent: The commands sent so far.
        failure: The reason of the first failure.
    """

    id: str
    correlation_id: UUID
    cause: UUID
    start: Mapping[str, Any]
    status: Status = Status.RUNNING
    step: int = -1
    sent: tuple[Sent, ...] = ()
    failure: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Dispatch:
    """A command to send, its id, and whether its answer is awaited."""

    id: UUID
    command: Command
    awaited: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Transition:
    """The next instance, and the commands to send."""

    instance: Instance
    dispatches: tuple[Dispatch, ...]


class Process:
    """The transitions of one declared saga."""

    def __init__(self, saga: Saga[Any]) -> None:
        self._saga = saga

    def begin(self, instance: Instance) -> Transition:
        """Return the transition when an instance starts."""
        return self._next_step(instance)

    def answered(self, instance: Instance, command_id: UUID, event: Event) -> Transition | None:
        """Return the transition when `event` answers a command; None if it is not an answer."""
        if isinstance(event, CommandRefused):
            return self.failed(instance, command_id, event.rule)
        step = self._saga.steps[next(s.step for s in instance.sent if s.id == command_id)]
        if isinstance(event, answers(step.done)):
            return self.done(instance, command_id)
        if isinstance(event, answers(step.failed)):
            return self.failed(instance, command_id, _failure(event))
        return None

    def done(self, instance: Instance, command_id: UUID) -> Transition:
        """Return the transition when a command is done; after a failure it is compensated."""
        instance = _marked(instance, command_id, Progress.DONE)
        match instance.status:
            case Status.RUNNING:
                return self._advance(instance)
            case Status.FAILED:
                return self._undo(instance)
            case Status.COMPLETED:
                return Transition(instance=instance, dispatches=())

    def failed(self, instance: Instance, command_id: UUID, failure: str) -> Transition:
        """Return the transition when a command has failed or was refused."""
        instance = _marked(instance, command_id, Progress.FAILED)
        if instance.status is not Status.RUNNING:
            return Transition(instance=instance, dispatches=())
        return self._advance(replace(instance, failure=instance.failure or failure))

    def deadline(self, instance: Instance) -> Transition:
        """Return the transition when the deadline has passed."""
        if instance.status is not Status.RUNNING:
            return Transition(instance=instance, dispatches=())
        return self._compensate(replace(instance, failure=instance.failure or DEADLINE_PASSED))

    def _advance(self, instance: Instance) -> Transition:
        """Continue if all answers of the step have arrived."""
        current = [sent for sent in instance.sent if sent.step == instance.step]
        if any(sent.progress is Progress.SENT for sent in current):
            return Transition(instance=instance, dispatches=())
        if instance.failure is not None:
            return self._compensate(instance)
        return self._next_step(instance)

    def _next_step(self, instance: Instance) -> Transition:
        """Start the next step that has commands; after the last one the saga is completed."""
        start = self._start(instance)
        for number in range(instance.step + 1, len(self._saga.steps)):
            dispatches = tuple(
                Dispatch(id=self._id(instance, number, item, "do"), command=command, awaited=True)
                for item, command in enumerate(self._saga.steps[number].commands(start))
            )
            if dispatches:
                sent = tuple(
                    Sent(id=dispatch.id, step=number, item=item)
                    for item, dispatch in enumerate(dispatches)
                )
                instance = replace(instance, step=number, sent=instance.sent + sent)
                return Transition(instance=instance, dispatches=dispatches)
        return Transition(instance=replace(instance, status=Status.COMPLETED), dispatches=())

    def _compensate(self, instance: Instance) -> Transition:
        undone = self._undo(replace(instance, status=Status.FAILED))
        if self._saga.on_failure is None:
            return undone
        last = Dispatch(
            id=uuid5(_NAMESPACE, f"{self._saga.name}:{instance.id}:failure"),
            command=self._saga.on_failure(self._start(instance), instance.failure or ""),
            awaited=False,
        )
        return replace(undone, dispatches=(*undone.dispatches, last))

    def _undo(self, instance: Instance) -> Transition:
        """Compensate for all done commands, the last one first."""
        dispatches = tuple(self._compensations(instance))
        sent = tuple(
            replace(s, progress=Progress.UNDONE) if s.progress is Progress.DONE else s
            for s in instance.sent
        )
        return Transition(instance=replace(instance, sent=sent), dispatches=dispatches)

    def _compensations(self, instance: Instance) -> Iterator[Dispatch]:
        start = self._start(instance)
        for sent in reversed(instance.sent):
            if sent.progress is not Progress.DONE:
                continue
            command = self._saga.steps[sent.step].compensation(start, sent.item)
            if command is not None:
                id = self._id(instance, sent.step, sent.item, "undo")
                yield Dispatch(id=id, command=command, awaited=False)

    def _start(self, instance: Instance) -> Event:
        start: Event = self._saga.starts_on.model_validate(instance.start)
        return start

    def _id(self, instance: Instance, step: int, item: int, what: str) -> UUID:
        """Return the id of a command; it is deterministic, so a repeated one is handled once."""
        return uuid5(_NAMESPACE, f"{self._saga.name}:{instance.id}:{step}:{item}:{what}")


def _failure(event: Event) -> str:
    """Return the `reason` of an event, else its name in words."""
    reason = getattr(event, "reason", None)
    if isinstance(reason, str) and reason:
        return reason
    return re.sub(r"(?<=[a-z0-9])(?=[A-Z])", " ", type(event).__name__).lower()


def _marked(instance: Instance, command_id: UUID, progress: Progress) -> Instance:
    """Record the first answer to a command; later ones are ignored."""
    sent = tuple(
        replace(s, progress=progress) if s.id == command_id and s.progress is Progress.SENT else s
        for s in instance.sent
    )
    return replace(instance, sent=sent)
