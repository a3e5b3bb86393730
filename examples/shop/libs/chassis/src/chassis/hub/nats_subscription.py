"""A group's part in a topic on NATS: a durable pull consumer for every partition.

`max_ack_pending=1` is what keeps the order: the server hands out the next message of a partition
only after the one before was acknowledged, also when a process dies or when there are several.
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

_ACK_WAIT = 6.0  # seconds until the server thinks that we died
_SIGN_OF_LIFE = _ACK_WAIT / 3
_PULL_BATCH = 100
_PULL_EXPIRES = 30.0
_BACKOFF = (0.1, 0.3, 1.0, 2.0)
_GOODBYE = 2.0
_TRY_AGAIN = 1.0
_EXPIRED = "408"

_log = structlog.get_logger()


class _Lost(Exception):
    """The server does not know the consumer any more, or says something else we did not expect."""


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
        self._lanes = tuple(
            _Lane(client, stream, _consumer(topic, group, partition), deliver, ensure)
            for partition in range(topic.partitions)
        )
        self._create = js.add_consumer
        self._stream = stream

    async def start(self) -> None:
        """Create the consumers, or change them to the wanted configuration, and begin."""
        await asyncio.gather(*(self._create(self._stream, lane.config) for lane in self._lanes))
        for lane in self._lanes:
            lane.start()

    def resume(self) -> None:
        """Ask for messages again: what was asked before the connection was lost is forgotten."""
        for lane in self._lanes:
            lane.resume()

    def status(self) -> str:
        """See `Subscription`."""
        return next((lane.status for lane in self._lanes if lane.status != "ok"), "ok")

    async def stop(self) -> None:
        """See `Subscription`."""
        await asyncio.gather(*(lane.stop() for lane in self._lanes))

    async def cancel(self) -> None:
        """Stop at once."""
        await asyncio.gather(*(lane.cancel() for lane in self._lanes))


@dataclass(eq=False)
class _Lane:
    """One partition: asks for messages, delivers them one by one, and acknowledges each."""

    client: Client
    stream: str
    config: ConsumerConfig
    deliver: Deliver
    ensure: Callable[[ConsumerConfig], Awaitable[None]]
    status: str = "ok"
    _inbox: asyncio.Queue[Msg | None] = field(default_factory=asyncio.Queue)
    _asked_until: float = 0.0
    _asked_for: int = 0
    _failures: int = 0
    _stopping: bool = False
    _task: asyncio.Task[None] | None = None

    def start(self) -> None:
        self._task = asyncio.create_task(self._run(), name=f"lane {self.config.durable_name}")

    def resume(self) -> None:
        self._asked_until = 0.0
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
            except (_Lost, nats.errors.Error, TimeoutError, OSError) as error:
                self.status = f"{self.config.durable_name}: {error}"
                _log.warning("consumer lost", consumer=self.config.durable_name, error=str(error))
                await asyncio.sleep(_BACKOFF[min(self._failures, len(_BACKOFF) - 1)])
                self._failures += 1

    async def _receive(self) -> None:
        """Deliver messages until stopped, or until the consumer is lost."""
        reply = self.client.new_inbox()
        self._asked_until = 0.0
        subscription = await self.client.subscribe(reply, cb=self._inbox.put)
        try:
            while not self._stopping:
                await self._ask(reply)
                if (message := await self._next()) is not None:
                    await self._handle(message)
        finally:
            with suppress(nats.errors.Error, TimeoutError):
                async with asyncio.timeout(_GOODBYE):
                    await subscription.drain()  # type: ignore[no-untyped-call]  # what is on its way arrives in our inbox
                    await self._return_the_rest()

    async def _ask(self, reply: str) -> None:
        """See to it that the server has a request of ours to answer."""
        if self._asked_for > 0 and time.monotonic() < self._asked_until:
            return
        request = {"batch": _PULL_BATCH, "expires": int(_PULL_EXPIRES * 1e9)}
        subject = f"$JS.API.CONSUMER.MSG.NEXT.{self.stream}.{self.config.durable_name}"
        await self.client.publish(subject, json.dumps(request).encode(), reply=reply)
        self._asked_for = _PULL_BATCH
        self._asked_until = time.monotonic() + _PULL_EXPIRES

    async def _next(self) -> Msg | None:
        """Wait for a message; None: ask again."""
        try:
            async with asyncio.timeout(max(0.0, self._asked_until - time.monotonic())):
                message = await self._inbox.get()
        except TimeoutError:
            self._failures = 0
            return None
        if message is None or (status := _status(message)) == _EXPIRED:
            return None
        if status is not None:
            raise _Lost(f"the server answered {status}")
        self._failures = 0
        return message

    async def _handle(self, message: Msg) -> None:
        self._asked_for -= 1
        alive = asyncio.create_task(_keep_alive(message))
        try:
            await self.deliver(message.data)
        except Unavailable:
            await message.nak(delay=_TRY_AGAIN)
        except Exception:
            _log.exception("delivery failed", consumer=self.config.durable_name)
            await message.nak(delay=_TRY_AGAIN)
        else:
            await message.ack()
        finally:
            alive.cancel()

    async def _return_the_rest(self) -> None:
        """Give back at once what arrived but will not be handled, lest it waits for `ack_wait`."""
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
        await asyncio.sleep(_SIGN_OF_LIFE)
        with suppress(nats.errors.Error):
            await message.in_progress()


def _status(message: Msg) -> str | None:
    """Return the status code of a message that the server itself sent, e.g. "408"."""
    status = (message.headers or {}).get("Status")
    return status[:3] if status else None
