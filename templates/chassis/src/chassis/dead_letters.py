"""Dead letters: messages that could not be handled or published, kept in the store of their unit.

A dead letter is written before the checkpoint moves past its message. After a crash in between, the
message is read again: the id of its dead letter is the same, so it is kept once, and if it can be
handled now, a replay finds that in the inbox. A dead letter stays until it is dropped, or replayed:
then only the group that could not handle it gets it again.
"""

from __future__ import annotations

from base64 import b64decode, b64encode
from collections.abc import Iterable
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import datetime
from enum import StrEnum

import structlog

from chassis.clock import Clock
from chassis.codec import Codec
from chassis.errors import Conflict
from chassis.fields import stored_fields
from chassis.hub.port import Record
from chassis.store.port import (
    AccessPattern,
    Collection,
    Commit,
    Delete,
    Pending,
    Put,
    Query,
    Sort,
    Store,
    Stored,
    equal,
)

UNPUBLISHED = "outbox"  # the group of messages that the hub does not accept

_NAME = "chassis_dead_letters"
_MANY = 10_000

_log = structlog.get_logger()


class State(StrEnum):
    """Whether a dead letter waits for a person, or to be handled again."""

    DEAD = "dead"
    REPLAY = "replay"


class Encoding(StrEnum):
    """How a message is stored: foreign ones may be no text."""

    UTF8 = "utf-8"
    BASE64 = "base64"


@dataclass(frozen=True, slots=True, kw_only=True)
class DeadLetter:
    """A message that could not be handled.

    Attributes:
        id: The id of the dead letter.
        state: Whether it is to be replayed.
        topic: The topic of the message.
        group: The group that could not handle it; `outbox` if it could not be published.
        partition: The partition of the message.
        position: Its position, or that in the outbox.
        type: Its CloudEvents type.
        subject: The id of its aggregate, if it could be decoded.
        reason: The error.
        attempts: How often it was attempted; 0 if it could not be decoded.
        failed_at: The time of the last failure.
        message: The message as it was received: text, or base64 if it is none.
        encoding: Which of the two it is.
    """

    id: str
    state: State = State.DEAD
    topic: str
    group: str
    partition: int
    position: int
    type: str
    subject: str
    reason: str
    attempts: int
    failed_at: datetime
    message: str
    encoding: Encoding = Encoding.UTF8

    @property
    def record(self) -> Record:
        """The message as it was read."""
        data = self.message.encode()
        return Record(
            partition=self.partition,
            position=self.position,
            time=self.failed_at,
            type=self.type,
            data=b64decode(data) if self.encoding is Encoding.BASE64 else data,
        )


class DeadLetters:
    """The dead letters of one unit."""

    collection = Collection(
        name=_NAME,
        id="id",
        fields=tuple(stored_fields(DeadLetter, {}).values()),
        patterns=(AccessPattern(by=("state",), sort=(Sort("position"),)),),
    )

    def __init__(self, store: Store, clock: Clock) -> None:
        self._store = store
        self._clock = clock
        self._codec = Codec(DeadLetter)

    async def add(
        self,
        record: Record,
        *,
        topic: str,
        group: str,
        subject: str,
        error: Exception,
        attempts: int,
    ) -> None:
        """Keep a message that could not be handled.

        Args:
            record: The message as it was read.
            topic: The topic of the message.
            group: The group.
            subject: The id of its aggregate; empty if it cannot be decoded.
            error: Why it could not be handled.
            attempts: How often it was attempted.

        Raises:
            Unavailable: The store is unavailable.
        """
        message, encoding = _encoded(record.data)
        letter = DeadLetter(
            id=f"{group}/{topic}/{record.partition}/{record.position}",
            topic=topic,
            group=group,
            partition=record.partition,
            position=record.position,
            type=record.type,
            subject=_storable(subject),
            reason=_storable(f"{type(error).__name__}: {error}"),
            attempts=attempts,
            failed_at=self._clock(),
            message=message,
            encoding=encoding,
        )
        _log.error("dead letter", topic=topic, group=group, reason=letter.reason)
        with suppress(Conflict):  # another process has kept it already
            await self._store.commit(Commit(puts=(self._put(letter, 0),)))

    async def add_unpublished(self, pending: Pending, error: Exception) -> None:
        """Keep a message of the outbox that the hub does not accept."""
        message = pending.message
        record = Record(
            partition=0,
            position=pending.position,
            time=self._clock(),
            type=message.type,
            data=message.data,
        )
        await self.add(
            record,
            topic=message.topic,
            group=UNPUBLISHED,
            subject=message.subject,
            error=error,
            attempts=1,
        )

    async def list(self, state: State | None = None) -> tuple[tuple[DeadLetter, int], ...]:
        """Return the dead letters in the order of their messages, with their versions."""
        where = () if state is None else (equal("state", state.value),)
        query = Query(collection=_NAME, where=where, sort=(Sort("position"),), limit=_MANY)
        return tuple(map(self._decoded, await self._store.find(query)))

    async def count(self) -> int:
        """Return the number of dead letters, at most 10,000."""
        return await self._store.count(Query(collection=_NAME, limit=_MANY))

    async def get(self, id: str) -> tuple[DeadLetter, int] | None:
        """Return a dead letter and its version, or None."""
        stored = await self._store.get(_NAME, id)
        return self._decoded(stored) if stored else None

    async def mark(self, letter: DeadLetter, version: int, state: State, reason: str) -> None:
        """Change the state of a dead letter.

        Raises:
            Conflict: It was changed meanwhile.
        """
        put = self._put(replace(letter, state=state, reason=reason), version)
        await self._store.commit(Commit(puts=(put,)))

    async def mark_for_replay(self, letters: Iterable[tuple[DeadLetter, int]]) -> None:
        """Mark dead letters at once, so that a replay keeps their order.

        Raises:
            Conflict: One of them was changed meanwhile.
        """
        puts = (self._put(replace(each, state=State.REPLAY), version) for each, version in letters)
        await self._store.commit(Commit(puts=tuple(puts)))

    async def remove_all(self, group: str) -> None:
        """Remove the dead letters of a group that does not read any more.

        Raises:
            Conflict: One of them was changed meanwhile.
        """
        query = Query(collection=_NAME, where=(equal("group", group),), limit=_MANY)
        while found := await self._store.find(query):
            deletes = tuple(self.removal(*self._decoded(each)) for each in found)
            await self._store.commit(Commit(deletes=deletes))

    def removal(self, letter: DeadLetter, version: int) -> Delete:
        """Return the removal of a dead letter, for the commit that handles its message."""
        return Delete(collection=_NAME, id=letter.id, expected=version)

    def _put(self, letter: DeadLetter, version: int) -> Put:
        data = self._codec.encode(letter)
        return Put(collection=_NAME, id=letter.id, data=data, expected=version, version=version + 1)

    def _decoded(self, stored: Stored) -> tuple[DeadLetter, int]:
        return self._codec.decode(stored.data), stored.version


def _encoded(data: bytes) -> tuple[str, Encoding]:
    try:
        return data.decode(), Encoding.UTF8
    except UnicodeDecodeError:
        return b64encode(data).decode(), Encoding.BASE64


def _storable(text: str) -> str:
    """Return `text` without halves of surrogate pairs, which JSON can say but nothing can store."""
    return text.encode(errors="backslashreplace").decode()
