"""An ephemeral pull consumer, which lives as long as one reader."""

from __future__ import annotations

import asyncio
import json
from collections import deque
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from secrets import token_hex

import nats.errors
from nats.aio.client import Client
from nats.aio.msg import Msg
from nats.aio.subscription import Subscription
from nats.js import JetStreamContext
from nats.js.api import AckPolicy, ConsumerConfig, DeliverPolicy

from chassis.errors import Unavailable

_BATCH = 256  # messages in a request, and in what `take` returns
_BATCH_BYTES = 1024 * 1024
_PULL_MARGIN = 64 * 1024  # a request must have room for the largest message with its headers
_PULL_EXPIRES = 30.0
_HEARTBEAT = 2.0  # seconds
_SILENCE = 2.5 * _HEARTBEAT  # then the server is gone
_INACTIVE_THRESHOLD = 30.0  # seconds until the server deletes the consumer of a killed process
_IDLE = "100"
_EXPIRED = "408"
_TOO_LARGE = "Message Size Exceeds MaxBytes"
_ENDED = frozenset({_TOO_LARGE, "Batch Completed"})


@dataclass(frozen=True, slots=True)
class Delivery:
    """A message, and what the server says of it in the reply subject.

    Attributes:
        subject: The subject.
        data: The message.
        position: Its sequence in the stream.
        number: Its number among the messages of this consumer.
        nanoseconds: When it was stored, since 1970.
        pending: How many messages match the filters of this consumer after it.
    """

    subject: str
    data: bytes
    position: int
    number: int
    nanoseconds: int
    pending: int

    @classmethod
    def of(cls, message: Msg) -> Delivery:
        """Parse `$JS.ACK.[domain.account.]stream.consumer.delivered.sequence...`."""
        tokens = message.reply.split(".")
        first = 5 if len(tokens) == 9 else 7
        position, number, nanoseconds, pending = map(int, tokens[first : first + 4])
        return cls(message.subject, message.data, position, number, nanoseconds, pending)


class PullConsumer:
    """Requests messages so that some are always on their way, but never many.

    It does not recover from anything: a lost connection, a lost consumer and a missed message all
    are `Unavailable`, and then a new one is needed.
    """

    def __init__(self, client: Client, js: JetStreamContext, stream: str) -> None:
        self._client = client
        self._js = js
        self._stream = stream
        self._name = token_hex(8)
        self._inbox = client.new_inbox()
        self._subscription: Subscription | None = None
        self._received: deque[Delivery] = deque()
        self._requested = 0  # messages that were requested and have not been received
        self._max_bytes = client.max_payload + _PULL_MARGIN
        self._number = 0
        self._full_at = -1  # the number of messages when a request was last full
        self._heard = asyncio.Event()
        self._idle = False
        self._failure: str | None = None

    async def open(self, filters: list[str], start: int) -> int:
        """Create the consumer.

        Args:
            filters: The patterns of the wanted subjects.
            start: The sequence to begin with.

        Returns:
            The number of messages that it has to deliver now.
        """
        self._subscription = await self._client.subscribe(self._inbox, cb=self._on_message)
        config = ConsumerConfig(
            name=self._name,
            filter_subjects=filters,
            deliver_policy=DeliverPolicy.BY_START_SEQUENCE,
            opt_start_seq=start,
            ack_policy=AckPolicy.NONE,
            mem_storage=True,
            inactive_threshold=_INACTIVE_THRESHOLD,
        )
        return (await self._js.add_consumer(self._stream, config)).num_pending or 0

    async def take(self) -> list[Delivery]:
        """Wait for messages, and return those that have arrived; none if there are none now.

        Raises:
            Unavailable: The consumer was lost.
        """
        self._idle = False
        while not self._received and not self._idle:
            if self._failure is not None:
                raise Unavailable(f"event hub: {self._failure}")
            await self._request()
            await self._hear()
        taken: list[Delivery] = []
        size = 0
        while self._received and len(taken) < _BATCH and size < _BATCH_BYTES:
            taken.append(delivery := self._received.popleft())
            size += len(delivery.data)
        await self._request()
        return taken

    def fail(self, reason: str) -> None:
        """Make `take` raise `Unavailable` when it has returned what has arrived."""
        self._failure = self._failure or reason
        self._heard.set()

    async def close(self) -> None:
        """Delete the consumer; if that fails the server does so a little later."""
        with suppress(nats.errors.Error):
            if self._subscription is not None:
                await self._subscription.unsubscribe()
            if self._client.is_connected:
                subject = f"$JS.API.CONSUMER.DELETE.{self._stream}.{self._name}"
                await self._client.publish(subject, reply=self._inbox)

    async def _request(self) -> None:
        while self._client.is_connected and self._requested + len(self._received) <= _BATCH:
            request = {
                "batch": _BATCH,
                "max_bytes": self._max_bytes,
                "expires": int(_PULL_EXPIRES * 1e9),
                "idle_heartbeat": int(_HEARTBEAT * 1e9),
            }
            self._requested += _BATCH
            subject = f"$JS.API.CONSUMER.MSG.NEXT.{self._stream}.{self._name}"
            await self._client.publish(subject, json.dumps(request).encode(), reply=self._inbox)

    async def _hear(self) -> None:
        """Wait for a message of any kind."""
        self._heard.clear()
        try:
            async with asyncio.timeout(_SILENCE):
                await self._heard.wait()
        except TimeoutError:
            self.fail("the server is silent")

    async def _on_message(self, message: Msg) -> None:
        if not message.reply:
            self._on_status(message.headers or {})
        else:
            delivery = Delivery.of(message)
            self._requested -= 1
            self._number += 1
            if delivery.number != self._number:
                self.fail("a message was missed")
            if self._failure is None:
                self._received.append(delivery)
        self._heard.set()

    def _on_status(self, headers: Mapping[str, str]) -> None:
        """Handle a message of the server itself: heartbeats, and the ends of requests."""
        status, text = headers.get("Status"), headers.get("Description", "")
        if status == _IDLE:
            self._idle = True
            if int(headers.get("Nats-Last-Consumer", 0)) > self._number:
                self.fail("a message was missed")
        elif status == _EXPIRED or text in _ENDED:
            self._requested -= int(headers.get("Nats-Pending-Messages", 0))
            if text == _TOO_LARGE:
                self._make_room()
        else:
            self.fail(f"the server has ended the consumer: {status} {text}")

    def _make_room(self) -> None:
        """Request more bytes if the next message needs them: the server's limit was higher once."""
        if self._full_at == self._number:
            self._max_bytes *= 2
        self._full_at = self._number
