"""The log in NATS JetStream."""

from __future__ import annotations

import random
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from types import TracebackType

import nats.errors
from nats.aio.client import Client
from nats.aio.msg import Msg
from nats.errors import TimeoutError as NothingLeft
from nats.js import JetStreamContext
from nats.js.api import AckPolicy, ConsumerConfig, DeliverPolicy
from nats.js.errors import APIError

from tests.faults import envelopes
from tests.faults.logs.errors import HubError
from tests.faults.logs.handled import HANDLED
from tests.faults.snapshot import Event

_BATCH = 500
_ID = "Nats-Msg-Id"


@dataclass
class NatsLog:
    """Implements `Log`."""

    url: str
    messages: list[Event] = field(default_factory=list)
    _read_to: dict[str, int] = field(default_factory=dict)
    _client: Client = field(default_factory=Client)

    async def __aenter__(self) -> NatsLog:
        await self._client.connect(
            self.url, max_reconnect_attempts=-1, reconnect_time_wait=1, error_cb=_ignore
        )
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        await self._client.close()

    @property
    def _js(self) -> JetStreamContext:
        return self._client.jetstream(timeout=10)

    async def read(self) -> None:
        """See `Log`."""
        with _translating():
            for info in await self._js.streams_info():
                stream = info.config.name or ""
                last = info.state.last_seq
                if last > self._read_to.get(stream, 0):
                    await self._read(stream, last)

    async def repeat(self, count: int, choice: random.Random) -> int:
        """See `Log`."""
        found = []
        with _translating():
            for info in await self._js.streams_info():
                stream, state = info.config.name or "", info.state
                if not state.messages:
                    continue
                for _ in range(count):
                    found.append((stream, choice.randint(state.first_seq, state.last_seq)))
            choice.shuffle(found)
            for stream, position in found[:count]:
                await self._publish_like(stream, position)
        return min(count, len(found))

    async def poison(self, text: str, choice: random.Random) -> None:
        """See `Log`."""
        await self.read()
        handled = [message for message in self.messages if message.type in HANDLED]
        chosen = choice.choice(handled)
        with _translating():
            await self._publish_like(chosen.topic, chosen.position, text.encode())

    async def _publish_like(self, stream: str, position: int, data: bytes | None = None) -> None:
        """Publish a message again, or other data in its place, without its id."""
        message = await self._js.get_msg(stream, position)
        headers = {k: v for k, v in (message.headers or {}).items() if k != _ID}
        content = (message.data or b"") if data is None else data
        await self._js.publish(message.subject or "", content, headers=headers)

    async def _read(self, stream: str, last: int) -> None:
        config = ConsumerConfig(
            ack_policy=AckPolicy.NONE,
            deliver_policy=DeliverPolicy.BY_START_SEQUENCE,
            opt_start_seq=self._read_to.get(stream, 0) + 1,
            inactive_threshold=30,
        )
        subscription = await self._js.pull_subscribe("", stream=stream, config=config)
        try:
            while self._read_to.get(stream, 0) < last:
                try:
                    fetched = await subscription.fetch(_BATCH, timeout=5)
                except NothingLeft:
                    return
                for message in fetched:
                    self._add(stream, message)
        finally:
            await subscription.unsubscribe()

    def _add(self, stream: str, message: Msg) -> None:
        position = message.metadata.sequence.stream
        self._read_to[stream] = position
        found = envelopes.parse(message.data, topic=stream, position=position)
        if found is not None:
            self.messages.append(found)


@contextmanager
def _translating() -> Iterator[None]:
    try:
        yield
    except (nats.errors.Error, APIError, TimeoutError, OSError) as error:
        raise HubError(repr(error)) from error


async def _ignore(error: Exception) -> None:
    """The hub is killed on purpose."""
