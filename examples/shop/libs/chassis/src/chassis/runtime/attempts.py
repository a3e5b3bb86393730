"""Attempts: messages that are handled alone, until they are handled or dead letters."""

from __future__ import annotations

import asyncio
import time
from contextlib import suppress
from functools import partial

import structlog

from chassis.envelope import Undecodable
from chassis.errors import TooLarge, Unavailable
from chassis.runtime.deliveries import Delivery
from chassis.runtime.parts import Parts
from chassis.runtime.retries import repeat
from chassis.runtime.work import Work
from chassis.store.port import Commit

_AT_ONCE = 64

# Errors that no repetition mends.
_PERMANENT = (TooLarge, Undecodable)

_log = structlog.get_logger()


class Attempts:
    """Attempts to handle the messages of one topic for one group, a limited number at a time."""

    def __init__(self, topic: str, group: str, parts: Parts, stopping: asyncio.Event) -> None:
        """Create them.

        Args:
            topic: The topic.
            group: The group.
            parts: What the consumers of the unit share.
            stopping: Ends the pauses between attempts.
        """
        self._topic = topic
        self._group = group
        self._parts = parts
        self._metrics = parts.telemetry.metrics
        self._stopping = stopping
        # Taken while a message is attempted, but not while it waits for its next attempt.
        self._slots = asyncio.Semaphore(_AT_ONCE)

    async def handle(self, delivery: Delivery) -> None:
        """Handle one message until it is handled or a dead letter; outages do not count.

        A conflict counts, since it remains after all repetitions of an attempt.
        """
        failures = waits = 0
        while True:
            try:
                async with self._slots:
                    return await self.attempt(delivery)
            except Unavailable as error:
                waits += 1
                _log.warning("message postponed", group=self._group, reason=str(error))
            except Exception as error:
                failures += 1
                self._metrics.handled(self._group, delivery.record.type, "failed")
                permanent = delivery.error is not None or isinstance(error, _PERMANENT)
                if permanent or failures >= self._parts.retry.attempts:
                    attempts = 0 if delivery.error else failures
                    return await self._give_up(delivery, error, attempts)
                _log.exception("message failed", group=self._group, attempt=failures)
            await self._pause(self._parts.retry.pause(failures + waits))

    async def attempt(self, delivery: Delivery, more: Commit | None = None) -> None:
        """Handle a message, and write its effects together with `more`.

        Raises:
            Exception: It cannot be handled; nothing was written.
        """
        await repeat(partial(self._once, delivery, more))
        self._metrics.handled(self._group, delivery.record.type, "handled")

    async def carry_out(self, delivery: Delivery, work: Work) -> None:
        """Call the handlers of a message, which add their effects to `work`."""
        tracer, envelope = self._parts.telemetry.tracer, delivery.envelope
        began = time.perf_counter()
        try:
            await delivery.carry_out(work, tracer, self._group)
        finally:
            seconds = time.perf_counter() - began
            exemplar = tracer.exemplar(envelope.traceparent) if envelope else None
            self._metrics.handling(self._group, delivery.record.type, seconds, exemplar)

    async def _once(self, delivery: Delivery, more: Commit | None, handled: frozenset[str]) -> None:
        work = Work(self._parts.store, handled=handled)
        await self.carry_out(delivery, work)
        if more is not None:
            work.add(more)
        await self._parts.committer.commit(work)

    async def _give_up(self, delivery: Delivery, error: Exception, attempts: int) -> None:
        waits = 0
        while True:
            try:
                await self._parts.dead_letters.add(
                    delivery.record,
                    topic=self._topic,
                    group=self._group,
                    subject=delivery.subject,
                    error=error,
                    attempts=attempts,
                )
                return self._metrics.handled(self._group, delivery.record.type, "dead_letter")
            except Unavailable as unavailable:
                _log.warning("dead letter postponed", reason=str(unavailable))
            except Exception:  # otherwise the lane would end, and nobody would notice
                _log.exception("dead letter postponed", group=self._group)
            waits += 1
            await self._pause(self._parts.retry.pause(waits))

    async def _pause(self, seconds: float) -> None:
        """Wait; when the consumer stops, the message is left to the next start."""
        await pause(seconds, self._stopping)
        if self._stopping.is_set():
            raise asyncio.CancelledError


async def pause(seconds: float, stopping: asyncio.Event) -> None:
    """Wait until some time has passed, or until `stopping` is set."""
    with suppress(TimeoutError):
        async with asyncio.timeout(seconds):
            await stopping.wait()
