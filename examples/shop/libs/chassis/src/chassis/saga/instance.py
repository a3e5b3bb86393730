"""The stored state of one run of a saga."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any
from uuid import UUID


class Status(StrEnum):
    """The status of an instance."""

    RUNNING = "running"
    COMPENSATING = "compensating"
    STUCK = "stuck"
    COMPLETED = "completed"
    FAILED = "failed"


class Action(StrEnum):
    """What a command is for."""

    DO = "do"
    UNDO = "undo"
    ON_FAILURE = "failure"


class Progress(StrEnum):
    """The status of a command. UNDONE: done, and its compensation was sent."""

    SENT = "sent"
    DONE = "done"
    FAILED = "failed"
    UNDONE = "undone"


@dataclass(frozen=True, slots=True, kw_only=True)
class Sent:
    """A sent command.

    Attributes:
        id: The id of the message of the last attempt.
        step: The number of its step.
        item: The number of its item in the step.
        action: What it is for.
        attempt: How often it was sent.
        progress: The status.
        reason: Why it failed or was refused.
    """

    id: UUID
    step: int
    item: int
    action: Action = Action.DO
    attempt: int = 1
    progress: Progress = Progress.SENT
    reason: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Instance:
    """An instance of a saga.

    Attributes:
        id: The id of the instance: the key, and the id of the event that started it.
        key: The value of the field that the saga goes by.
        correlation_id: The correlation id of the event that started it.
        cause: The id of the event that started it.
        start: The data of the event that started it.
        traceparent: The trace of that event; unknown for an instance of an earlier version.
        started_at: When it started; unknown for an instance of an earlier version.
        updated_at: When it last changed.
        status: The status.
        turned_back: Whether it compensates, and does not go forward any more.
        overdue: Whether it went on past its deadline, because the pivot was sent.
        step: The number of the current step.
        sent: The commands sent so far.
        failure: The reason of the first failure of the current step; once it turned back, why.
        refusal: The command that was refused last although it has to succeed, and the rule.
        retry_at: When refused commands are sent again.
    """

    id: str
    key: str = ""
    correlation_id: UUID
    cause: UUID
    start: Mapping[str, Any]
    traceparent: str | None = None
    started_at: datetime | None = None
    updated_at: datetime | None = None
    status: Status = Status.RUNNING
    turned_back: bool = False
    overdue: bool = False
    step: int = -1
    sent: tuple[Sent, ...] = ()
    failure: str | None = None
    refusal: str | None = None
    retry_at: datetime | None = None

    def __post_init__(self) -> None:
        if not self.key:  # the id of an instance of an earlier version is its key
            object.__setattr__(self, "key", self.id)

    @property
    def ended(self) -> bool:
        """Whether it sends nothing more."""
        return self.status in (Status.COMPLETED, Status.FAILED)

    @property
    def waiting(self) -> bool:
        """Whether an answer is awaited."""
        return any(sent.progress is Progress.SENT for sent in self.sent)

    @property
    def awaited_ids(self) -> frozenset[UUID]:
        """The ids of the commands whose answers are awaited."""
        return frozenset(s.id for s in self.sent if s.progress is Progress.SENT)

    def awaited(self, command_id: UUID) -> Sent | None:
        """Return the command with that id whose answer is awaited, or None."""
        found = (s for s in self.sent if s.id == command_id and s.progress is Progress.SENT)
        return next(found, None)


def instance_id(key: str, cause: UUID) -> str:
    """Return the id of the instance that the event `cause` starts for `key`."""
    return f"{key}:{cause}"
