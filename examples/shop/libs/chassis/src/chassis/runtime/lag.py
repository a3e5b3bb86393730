"""How far a consumer is behind, as far as it knows without asking the hub."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from chassis.hub.port import Record


@dataclass(frozen=True, slots=True)
class Lag:
    """What is not handled yet: the number of messages, and the time of the oldest one."""

    messages: int = 0
    oldest: datetime | None = None

    def plus(self, other: Lag) -> Lag:
        """Return both together."""
        times = [each.oldest for each in (self, other) if each.oldest is not None]
        return Lag(self.messages + other.messages, min(times, default=None))


def unread(records: Sequence[Record]) -> Lag:
    """Return what follows a batch: no older than its last message."""
    last = records[-1]
    return Lag(last.pending, last.time) if last.pending else Lag()


def unhandled(records: Sequence[Record]) -> Lag:
    """Return what a batch begins with and what follows it."""
    return Lag(len(records) + records[-1].pending, records[0].time)
