"""The outbox relay: publishes the messages that commits have put into the outbox."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable
from contextlib import suppress

import structlog

from chassis.errors import Unavailable
from chassis.hub.port import Hub
from chassis.store.port import Pending, Store

_BATCH = 256
_POLL_INTERVAL = 5.0  # seconds; commits wake the relay, polling finds what a crash left behind
_BACKOFF = 0.2

_log = structlog.get_logger()


class Relay:
    """Publishes the outbox of one unit; messages of one subject in the order of their commits."""

    def __init__(self, store: Store, hub: Hub) -> None:
        self._store = store
        self._hub = hub
        self._woken = asyncio.Event()
        self._publishing = asyncio.Lock()

    def wake(self) -> None:
        """Signal that the outbox has messages."""
        self._woken.set()

    async def run(self) -> None:
        """Publish messages until cancelled."""
        while True:
            self._woken.clear()
            try:
                await self.flush()
            except Unavailable as error:
                _log.warning("outbox not published", reason=str(error))
                await asyncio.sleep(_BACKOFF)
                continue
            with suppress(TimeoutError):
                async with asyncio.timeout(_POLL_INTERVAL):
                    await self._woken.wait()

    async def flush(self) -> None:
        """Publish all messages of the outbox.

        Raises:
            Unavailable: The store or the hub is unavailable.
        """
        async with self._publishing:
            while pending := await self._store.pending(_BATCH):
                await self._publish(pending)

    async def _publish(self, pending: Iterable[Pending]) -> None:
        """Publish subjects concurrently, and the messages of one subject in order.

        A message leaves the outbox after the hub has stored it. A crash in between publishes it
        again, and the inboxes of the receivers drop it by its id.
        """
        by_subject: dict[tuple[str, str], list[Pending]] = {}
        for message in pending:
            key = message.outgoing.topic, message.outgoing.envelope.subject
            by_subject.setdefault(key, []).append(message)
        done: list[int] = []
        results = await asyncio.gather(
            *(self._publish_in_order(messages, done) for messages in by_subject.values()),
            return_exceptions=True,
        )
        await self._store.published(tuple(done))
        for result in results:
            if isinstance(result, BaseException):
                raise result

    async def _publish_in_order(self, messages: list[Pending], done: list[int]) -> None:
        for message in messages:
            await self._hub.publish(message.outgoing.topic, message.outgoing.envelope)
            done.append(message.position)
