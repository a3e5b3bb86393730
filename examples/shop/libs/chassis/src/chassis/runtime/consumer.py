"""Consumers: decode a message, handle it, retry, and publish a dead letter in the end."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass
from functools import partial
from typing import Any, TypeAlias

import structlog
from pydantic import ValidationError

from chassis import trace
from chassis.dead_letters import DeadLetterPublisher
from chassis.envelope import Envelope, Undecodable
from chassis.errors import Conflict, Unavailable
from chassis.hub.port import Hub, Subscription
from chassis.messages import Message

Handle: TypeAlias = Callable[[Any, Envelope], Awaitable[None]]

_log = structlog.get_logger()


@dataclass(frozen=True, slots=True)
class Retry:
    """How often a message is attempted.

    Attributes:
        attempts: The number of attempts before the message becomes a dead letter.
        first: The pause after the first failure in seconds; it doubles with each failure.
        longest: The longest pause in seconds.
    """

    attempts: int = 6
    first: float = 0.1
    longest: float = 5.0

    def pause(self, failures: int) -> float:
        """Return the pause in seconds after that many failures."""
        return min(self.longest, self.first * 2.0 ** min(failures - 1, 30))


@dataclass(frozen=True, slots=True)
class Reaction:
    """The handlers of the messages of one type."""

    model: type[Message]
    handles: tuple[Handle, ...]


RETRY = Retry()

_NOTHING = Reaction(Message, ())


class Consumer:
    """Handles the messages of one topic for one group."""

    def __init__(
        self,
        topic: str,
        group: str,
        reactions: Mapping[str, Reaction],
        dead_letters: DeadLetterPublisher,
        retry: Retry,
        *,
        strict: bool = False,
    ) -> None:
        """Create a consumer; `start` starts it.

        Args:
            topic: The topic.
            group: The consumer group.
            reactions: The handlers by message type.
            dead_letters: Takes the messages that cannot be handled.
            retry: How often a message is attempted.
            strict: Whether a message of an unknown type is a dead letter; otherwise it is skipped.
        """
        self.topic = topic
        self.group = group
        self._reactions = reactions
        self._dead_letters = dead_letters
        self._retry = retry
        self._strict = strict
        self._stopping = asyncio.Event()
        self._subscription: Subscription | None = None

    async def start(self, hub: Hub) -> None:
        """Start receiving messages."""
        self._subscription = await hub.subscribe(self.topic, self.group, self.deliver)

    async def stop(self) -> None:
        """Receive no more messages, and finish the current one or return it to the hub."""
        self._stopping.set()
        if self._subscription is not None:
            await self._subscription.stop()

    def status(self) -> str:
        """Return "ok", or the reason why no messages arrive."""
        return self._subscription.status() if self._subscription else "not started"

    async def deliver(self, raw: bytes) -> None:
        """Handle one message: in the end it is handled, skipped or a dead letter.

        Raises:
            Unavailable: None of these is possible now.
        """
        try:
            envelope = Envelope.from_json(raw)
            reaction = self._reaction_to(envelope)
            message = reaction.model.model_validate(envelope.data)
        except (Undecodable, ValidationError) as error:
            await self._publish_dead_letter(raw, error, attempts=0)
            return
        if not reaction.handles:
            return
        began = time.perf_counter()
        with trace.use(trace.continued(envelope)):
            for handle in reaction.handles:
                await self._handle(partial(handle, message, envelope), raw)
            ms = round((time.perf_counter() - began) * 1000, 2)
            about = {"type": envelope.type, "subject": envelope.subject, "group": self.group}
            _log.info("message", **about, ms=ms)

    def _reaction_to(self, envelope: Envelope) -> Reaction:
        if envelope.type in self._reactions:
            return self._reactions[envelope.type]
        if self._strict:
            raise Undecodable(f"no handler for messages of type {envelope.type}")
        return _NOTHING

    async def _handle(self, handle: Callable[[], Awaitable[None]], raw: bytes) -> None:
        """Call `handle` until it succeeds or fails too often; unavailability does not count."""
        failures = waits = 0
        while True:
            try:
                return await handle()
            except (Unavailable, Conflict) as error:
                waits += 1
                _log.warning("message postponed", group=self.group, reason=str(error))
            except Exception as error:
                failures += 1
                _log.exception("message failed", group=self.group, attempt=failures)
                if failures >= self._retry.attempts:
                    return await self._publish_dead_letter(raw, error, attempts=failures)
            await self._pause(self._retry.pause(failures + waits))

    async def _publish_dead_letter(self, raw: bytes, error: Exception, attempts: int) -> None:
        waits = 0
        while True:
            try:
                return await self._dead_letters.publish(
                    raw, self.topic, self.group, error, attempts
                )
            except Unavailable as unavailable:
                waits += 1
                _log.warning("dead letter postponed", group=self.group, reason=str(unavailable))
            await self._pause(self._retry.pause(waits))

    async def _pause(self, seconds: float) -> None:
        """Wait; if the consumer stops meanwhile, the message goes back to the hub."""
        with suppress(TimeoutError):
            async with asyncio.timeout(seconds):
                await self._stopping.wait()
        if self._stopping.is_set():
            raise Unavailable("stopping")
