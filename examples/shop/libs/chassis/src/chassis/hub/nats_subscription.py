"""The subscription of a group to a topic on NATS: a durable pull consumer for each partition.

`max_ack_pending=1` keeps the order: the server delivers the next message of a partition only after
the previous one was acknowledged, also when a process dies or when several processes consume.
"""

from __future__ import annotations

import asyncio
import json
import time
from collections.abc import Awaitable, Callable
from contextlib import suppress
from dataclasses import dataclass, field

import nats.errors
import structlog
from nats.aio.client import Client
from nats.aio.msg import Msg
from nats.js import JetStreamContext
from nats.js.api import AckPolicy, ConsumerConfig, DeliverPolicy

from chassis.errors import Unavailable
from chassis.hub.port import Deliver, Topic

_ACK_WAIT = 6.0  # seconds until the server redelivers a message
_HEARTBEAT = _ACK_WAIT / 3
_PULL_BATCH = 100
_PULL_EXPIRES = 30.0
_BACKOFF = (0.1, 0.3, 1.0, 2.0)
_DRAIN_TIMEOUT = 2.0
_REDELIVERY_DELAY = 1.0
_EXPIRED = "408"

_log = structlog.get_logger()


class _ConsumerLost(Exception):
    """The server has lost the consumer, or responds unexpectedly."""


class NatsSubscription:
    """Implements `chassis.hub.port.Subscription`."""

    def __init__(
        self,
        client: Client,
        js: JetStreamContext,
        topic: Topic,
        group: str,
        deliver: Deliver,
        ensure_stream: Callable[[Topic], Awaitable[None]],
    ) -> None:
        async def ensure(config: ConsumerConfig) -> None:
            await ensure_stream(topic)
            await js.add_consumer(stream, config)

        stream = topic.name.replace(".", "-")
        self._partitions = tuple(
            _Partition(client, stream, _consumer(topic, group, number), deliver, ensure)
            for number in range(topic.partitions)
        )
        self._create = js.add_consumer
        self._stream = stream

    async def start(self) -> None:
        """Create or update the consumers, and start receiving."""
        await asyncio.gather(
            *(self._create(self._stream, partition.config) for partition in self._partitions)
        )
        for partition in self._partitions:
            partition.start()

    def resume(self) -> None:
        """Request messages again after a reconnect, which loses pending requests."""
        for partition in self._partitions:
            partition.resume()

    def status(self) -> str:
        """See `Subscription`."""
        return next(
            (partition.status for partition in self._partitions if partition.status != "ok"), "ok"
        )

    async def stop(self) -> None:
        """See `Subscription`."""
        await asyncio.gather(*(partition.stop() for partition in self._partitions))

    async def cancel(self) -> None:
        """Stop immediately."""
        await asyncio.gather(*(partition.cancel() for partition in self._partitions))


@dataclass(eq=False)
class _Partition:
    """Consumes one partition: requests messages, delivers and acknowledges one at a time."""

    client: Client
    stream: str
    config: ConsumerConfig
    deliver: Deliver
    ensure: Callable[[ConsumerConfig], Awaitable[None]]
    status: str = "ok"
    _inbox: asyncio.Queue[Msg | None] = field(default_factory=asyncio.Queue)
    _request_expires: float = 0.0
    _requested: int = 0
    _failures: int = 0
    _stopping: bool = False
    _task: asyncio.Task[None] | None = None

    def start(self) -> None:
        self._task = asyncio.create_task(self._run(), name=f"partition {self.config.durable_name}")

    def resume(self) -> None:
        self._request_expires = 0.0
        self._inbox.put_nowait(None)

    async def stop(self) -> None:
        self._stopping = True
        self._inbox.put_nowait(None)
        if self._task is None:
            return
        try:
            await asyncio.wait({self._task})
        except asyncio.CancelledError:
            self._task.cancel()
            raise

    async def cancel(self) -> None:
        if self._task is not None:
            self._task.cancel()
            with suppress(asyncio.CancelledError):
                await self._task

    async def _run(self) -> None:
        while not self._stopping:
            try:
                if self._failures:
                    await self.ensure(self.config)
                    self.status = "ok"
                await self._receive()
            except (_ConsumerLost, nats.errors.Error, TimeoutError, OSError) as error:
                self.status = f"{self.config.durable_name}: {error}"
                _log.warning("consumer lost", consumer=self.config.durable_name, error=str(error))
                await asyncio.sleep(_BACKOFF[min(self._failures, len(_BACKOFF) - 1)])
                self._failures += 1

    async def _receive(self) -> None:
        """Deliver messages until stopped, or until the consumer is lost."""
        reply = self.client.new_inbox()
        self._request_expires = 0.0
        subscription = await self.client.subscribe(reply, cb=self._inbox.put)
        try:
            while not self._stopping:
                await self._request(reply)
                if (message := await self._next()) is not None:
                    await self._handle(message)
        finally:
            with suppress(nats.errors.Error, TimeoutError):
                async with asyncio.timeout(_DRAIN_TIMEOUT):
                    await subscription.drain()  # type: ignore[no-untyped-call]  # messages in flight arrive in the inbox
                    await self._return_unhandled()

    async def _request(self, reply: str) -> None:
        """Request messages, unless a request is pending."""
        if self._requested > 0 and time.monotonic() < self._request_expires:
            return
        request = {"batch": _PULL_BATCH, "expires": int(_PULL_EXPIRES * 1e9)}
        subject = f"$JS.API.CONSUMER.MSG.NEXT.{self.stream}.{self.config.durable_name}"
        await self.client.publish(subject, json.dumps(request).encode(), reply=reply)
        self._requested = _PULL_BATCH
        self._request_expires = time.monotonic() + _PULL_EXPIRES

    async def _next(self) -> Msg | None:
        """Wait for a message; None if a new request is needed."""
        try:
            async with asyncio.timeout(max(0.0, self._request_expires - time.monotonic())):
                message = await self._inbox.get()
        except TimeoutError:
            self._failures = 0
            return None
        if message is None or (status := _status(message)) == _EXPIRED:
            return None
        if status is not None:
            raise _ConsumerLost(f"the server responded with status {status}")
        self._failures = 0
        return message

    async def _handle(self, message: Msg) -> None:
        self._requested -= 1
        alive = asyncio.create_task(_keep_alive(message))
        try:
            await self.deliver(message.data)
        except Unavailable:
            await message.nak(delay=_REDELIVERY_DELAY)
        except Exception:
            _log.exception("delivery failed", consumer=self.config.durable_name)
            await message.nak(delay=_REDELIVERY_DELAY)
        else:
            await message.ack()
        finally:
            alive.cancel()

    async def _return_unhandled(self) -> None:
        """Return received messages to the server, so that they need not wait for `ack_wait`."""
        while not self._inbox.empty():
            message = self._inbox.get_nowait()
            if message is not None and message.reply:
                await message.nak()


def _consumer(topic: Topic, group: str, partition: int) -> ConsumerConfig:
    return ConsumerConfig(
        durable_name=f"{group.replace('.', '-')}-{partition}",
        filter_subject=f"{topic.name}.{partition}",
        deliver_policy=DeliverPolicy.ALL,
        ack_policy=AckPolicy.EXPLICIT,
        ack_wait=_ACK_WAIT,
        max_ack_pending=1,
        max_deliver=-1,
    )


async def _keep_alive(message: Msg) -> None:
    while True:
        await asyncio.sleep(_HEARTBEAT)
        with suppress(nats.errors.Error):
            await message.in_progress()


def _status(message: Msg) -> str | None:
    """Return the status code of a message that the server itself sent, e.g. "408"."""
    status = (message.headers or {}).get("Status")
    return status[:3] if status else None
