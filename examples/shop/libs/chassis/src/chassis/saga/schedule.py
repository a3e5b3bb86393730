"""The timers of an instance: its deadline, and the next attempt of refused commands."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta
from enum import StrEnum

from chassis.saga.instance import Instance

ATTEMPTS = 10
_FIRST_PAUSE = timedelta(seconds=1)


class TimerKind(StrEnum):
    """What a timer of an instance is for."""

    DEADLINE = "deadline"
    RETRY = "retry"


def pause(attempt: int) -> timedelta:
    """Return the pause after a refused attempt. It doubles, and starts anew with each round."""
    return _FIRST_PAUSE * int(2 ** ((attempt - 1) % ATTEMPTS))


def exhausted(attempt: int) -> bool:
    """Return whether `attempt` was the last one of its round; the next one starts by hand."""
    return attempt % ATTEMPTS == 0


def timers(instance: Instance, deadline: timedelta | None) -> dict[TimerKind, datetime]:
    """Return the timers that `instance` needs, given the deadline of its saga."""
    needed: dict[TimerKind, datetime] = {}
    if instance.ended:
        return needed
    limited = not instance.turned_back and not instance.overdue
    if limited and deadline is not None and instance.started_at is not None:
        needed[TimerKind.DEADLINE] = instance.started_at + deadline
    if instance.retry_at is not None:
        needed[TimerKind.RETRY] = instance.retry_at
    return needed


def changes(
    before: Mapping[TimerKind, datetime], after: Mapping[TimerKind, datetime]
) -> dict[TimerKind, datetime | None]:
    """Return the timers to set, and those to drop (None), from `before` to `after`."""
    return {kind: after.get(kind) for kind in TimerKind if before.get(kind) != after.get(kind)}
