"""Handles the messages of a topic for a group: decode, handle, retry, and at last give up."""

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
from chassis.dead_letters import DeadLetterOffice
from chassis.envelope import Envelope, Undecodable
from chassis.errors import Conflict, Unavailable
from chassis.hub.port import Hub, Subscription
from chassis.messages import Message, decoded

Handle: TypeAlias = Callable[[Any, Envelope], Awaitable[None]]

_log = structlog.get_logger()


@dataclass(frozen=True, slots=True)
class Retry:
    """How often a message is tried, and the pauses between: doubling from `first` to `longest`."""

    attempts: int = 6
    first: float = 0.1
    longest: float = 5.0

    def pause(self, failures: int) -> float:
        """Return how long to wait after that many failures."""
        return min(self.longest, self.first * 2.0 ** min(failures - 1, 30))


@dataclass(frozen=True, slots=True)
class Reaction:
    """What is done with the messages of one type."""

    model: type[Message]
    handles: tuple[Handle, ...]


RETRY = Retry()

_NOTHING = Reaction(Message, ())


class Consumer:
    """One group's handling of one topic.

    `must_know`: a message of a type without a reaction is a dead letter, else it is passed over.
    """

    def __init__(
        self,
        topic: str,
        group: str,
        reactions: Mapping[str, Reaction],
        office: DeadLetterOffice,
        retry: Retry,
        *,
        must_know: bool = False,
    ) -> None:
        self.topic = topic
        self.group = group
        self._reactions = reactions
        self._office = office
        self._retry = retry
        self._must_know = must_know
        self._stopping = asyncio.Event()
        self._subscription: Subscription | None = None

    async def start(self, hub: Hub) -> None:
        """Begin to take messages."""
        self._subscription = await hub.subscribe(self.topic, self.group, self.deliver)

    async def stop(self) -> None:
        """Take no more messages and finish the one in hand, or give it back if it fails."""
        self._stopping.set()
        if self._subscription is not None:
            await self._subscription.stop()

    def status(self) -> str:
        """Return "ok", or the reason why messages do not arrive."""
        return self._subscription.status() if self._subscription else "not started"

    async def deliver(self, raw: bytes) -> None:
        """Handle one message to its end: done, passed over, or among the dead letters.

        Raises `Unavailable` if that is not possible for now.
        """
        try:
            envelope = Envelope.from_json(raw)
            reaction = self._reaction_to(envelope)
            message = decoded(reaction.model, envelope.data)
        except (Undecodable, ValidationError) as error:
            await self._give_up(raw, error, attempts=0)
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
        if self._must_know:
            raise Undecodable(f"nobody here knows {envelope.type}")
        return _NOTHING

    async def _handle(self, handle: Callable[[], Awaitable[None]], raw: bytes) -> None:
        """Try until it is done or failed too often; what is merely unavailable does not count."""
        failures = waits = 0
        while True:
            try:
                return await handle()
            except (Unavailable, Conflict) as error:
                waits += 1
                _log.warning("message waits", group=self.group, reason=str(error))
            except Exception as error:
                failures += 1
                _log.exception("message failed", group=self.group, attempt=failures)
                if failures >= self._retry.attempts:
                    return await self._give_up(raw, error, attempts=failures)
            await self._pause(self._retry.pause(failures + waits))

    async def _give_up(self, raw: bytes, error: Exception, attempts: int) -> None:
        waits = 0
        while True:
            try:
                return await self._office.accept(raw, self.topic, self.group, error, attempts)
            except Unavailable as unavailable:
                waits += 1
                _log.warning("dead letter waits", group=self.group, reason=str(unavailable))
            await self._pause(self._retry.pause(waits))

    async def _pause(self, seconds: float) -> None:
        """Wait, but not once we are to stop: then the message is for whoever comes next."""
        with suppress(TimeoutError):
            async with asyncio.timeout(seconds):
                await self._stopping.wait()
        if self._stopping.is_set():
            raise Unavailable("stopping")
