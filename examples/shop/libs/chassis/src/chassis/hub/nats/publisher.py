"""Publishing to JetStream in groups, each one a fast batch of NATS 2.14 (ADR-50).

A fast batch stores every message durably, on its own and in order, as single messages are; but it
is answered once. Many messages at a time so cost half of the processor time, of the server and of
the client.
"""

from __future__ import annotations

import asyncio
import json
from collections import deque
from dataclasses import dataclass, field
from itertools import count
from secrets import token_hex
from typing import Any

from nats.aio.client import Client
from nats.aio.msg import Msg
from nats.js.api import Header

from chassis.envelope import Outgoing
from chassis.errors import Unavailable
from chassis.hub.nats.subjects import subject_of
from chassis.hub.requests import NoTopic

_TIMEOUT = 15.0  # seconds until a group is answered
_GROUP = 256  # messages
_UNDER_WAY = 2  # groups of a topic: the server has the next one when it has stored one
_START, _APPEND, _COMMIT = 0, 1, 2


class Publisher:
    """Publishes messages and waits until each is stored."""

    def __init__(self, client: Client) -> None:
        self._client = client
        self._inbox = ""
        # The server tells batches apart by their names alone: those of two clients must differ.
        self._id = token_hex(8)
        self._numbers = count()
        self._topics: dict[str, _Topic] = {}
        self._groups: dict[str, _Group] = {}

    async def open(self) -> None:
        """Subscribe to the answers of the server."""
        self._inbox = self._client.new_inbox()
        await self._client.subscribe(f"{self._inbox}.>", cb=self._on_answer)

    async def publish(self, message: Outgoing, *, again: bool) -> None:
        """See `Hub.publish`."""
        entry = _Entry(
            subject=subject_of(message),
            data=message.data,
            headers=None if again else {Header.MSG_ID.value: message.id},
            stored=asyncio.get_running_loop().create_future(),
        )
        topic = self._topics.setdefault(message.topic, _Topic())
        topic.waiting.append(entry)
        self._schedule(topic)
        await entry.stored

    def fail(self, reason: str) -> None:
        """Make all that wait raise `Unavailable`; their messages may have been stored."""
        error = Unavailable(f"event hub: {reason}")
        for group in self._groups.values():
            group.fail(error)
        for topic in self._topics.values():
            while topic.waiting:
                topic.waiting.popleft().fail(error)

    def _schedule(self, topic: _Topic) -> None:
        """Send the next group as soon as all tasks that are ready have added their messages."""
        if topic.sending is None and topic.waiting and topic.under_way < _UNDER_WAY:
            topic.sending = asyncio.get_running_loop().create_task(self._send(topic))
            topic.under_way += 1

    async def _send(self, topic: _Topic) -> None:
        group = _Group([topic.waiting.popleft() for _ in range(min(_GROUP, len(topic.waiting)))])
        topic.sending = None
        number = f"{self._id}-{next(self._numbers)}"
        self._groups[number] = group
        try:
            async with asyncio.timeout(_TIMEOUT):
                await self._send_group(f"{self._inbox}.{number}", group.entries)
                await group.answered.wait()
        except Exception as error:  # whoever waits for this group must know
            group.fail(Unavailable(f"event hub: {error!s} ({type(error).__name__})"))
        finally:
            del self._groups[number]
            topic.under_way -= 1
            topic.waiting.extendleft(reversed(group.unanswered))
            self._schedule(topic)

    async def _send_group(self, inbox: str, entries: list[_Entry]) -> None:
        for number, entry in enumerate(entries, start=1):
            operation = _COMMIT if number == len(entries) else _START if number == 1 else _APPEND
            reply = f"{inbox}.{_GROUP}.fail.{number}.{operation}.$FI"
            await self._client.publish(entry.subject, entry.data, reply, entry.headers)

    async def _on_answer(self, answer: Msg) -> None:
        number, _, _, entry, _, _ = answer.subject[len(self._inbox) + 1 :].split(".")
        if (group := self._groups.get(number)) is not None:
            if answer.data:
                group.answer(int(entry), json.loads(answer.data))
            else:
                group.refuse(int(entry), NoTopic("event hub: there is no stream for this topic"))


@dataclass(frozen=True, slots=True, eq=False)
class _Entry:
    """A message that waits to be stored."""

    subject: str
    data: bytes
    headers: dict[str, str] | None
    stored: asyncio.Future[None]

    def succeed(self) -> None:
        if not self.stored.done():
            self.stored.set_result(None)

    def fail(self, error: Exception) -> None:
        if not self.stored.done():
            self.stored.set_exception(error)


@dataclass(slots=True, eq=False)
class _Topic:
    """What is to be published to a topic."""

    waiting: deque[_Entry] = field(default_factory=deque)
    under_way: int = 0
    sending: asyncio.Task[None] | None = None


@dataclass(slots=True, eq=False)
class _Group:
    """Messages that were sent together. The server stores them in order, until one is refused."""

    entries: list[_Entry]
    answered: asyncio.Event = field(default_factory=asyncio.Event)

    @property
    def unanswered(self) -> list[_Entry]:
        return [entry for entry in self.entries if not entry.stored.done()]

    def answer(self, number: int, answer: dict[str, Any]) -> None:
        """Handle an answer of the server to the message with this number, 1 and up.

        That a batch has begun is answered, too; this says nothing.
        """
        if self.answered.is_set():
            return
        if "error" in answer:
            self.refuse(number, Unavailable(f"event hub: {answer['error']}"))
        elif "batch" in answer:
            for entry in self.entries[: answer["count"]]:
                entry.succeed()
            self.fail(Unavailable("event hub: a part of a batch was lost"))

    def refuse(self, number: int, error: Exception) -> None:
        """Make one message fail: the server has ended the batch, and the rest is sent again."""
        if not self.answered.is_set():
            self.entries[number - 1].fail(error)
            self.answered.set()

    def fail(self, error: Exception) -> None:
        for entry in self.entries:
            entry.fail(error)
        self.answered.set()
