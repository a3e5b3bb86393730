"""The result of a transition: the next instance, and what is written with it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from chassis.messages import Command
from chassis.saga.instance import Instance
from chassis.saga.schedule import TimerKind


@dataclass(frozen=True, slots=True, kw_only=True)
class Dispatch:
    """A command to send, and its id; its answer is awaited."""

    id: UUID
    command: Command


@dataclass(frozen=True, slots=True, kw_only=True)
class Transition:
    """The next instance, and what has to be done in the same atomic write.

    Attributes:
        instance: The next instance.
        dispatches: The commands to send.
        answered: The ids of the commands whose answers are no longer awaited.
        timers: When timers of the instance are due; None for those to drop.
    """

    instance: Instance
    dispatches: tuple[Dispatch, ...]
    answered: tuple[UUID, ...]
    timers: Mapping[TimerKind, datetime | None]
