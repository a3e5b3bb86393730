"""Reads the log of the shop, repeats and forges messages."""

from __future__ import annotations

import random
from collections.abc import Sequence
from contextlib import AbstractAsyncContextManager
from typing import Protocol

from tests.faults.logs.kafka import KafkaLog
from tests.faults.logs.nats import NatsLog
from tests.faults.snapshot import Event
from tests.fleet.deployment import Deployment


class Log(Protocol):
    """The log, as far as it was read. Every method may raise `HubError`."""

    @property
    def messages(self) -> Sequence[Event]:
        """What was read; the messages of one topic and subject in the order of the log."""
        ...

    async def read(self) -> None:
        """Read what is new in all topics."""
        ...

    async def repeat(self, count: int, choice: random.Random) -> int:
        """Publish messages again, without anything by which the hub would drop them.

        Returns:
            How many were published.
        """
        ...

    async def poison(self, text: str, choice: random.Random) -> None:
        """Publish a message that nobody can decode, in the place of one that somebody handles."""
        ...


def open_log(deployment: Deployment) -> AbstractAsyncContextManager[Log]:
    """Return the log of a deployment."""
    if "kafka" in deployment.servers:
        return KafkaLog(deployment.servers["kafka"].url)
    return NatsLog(deployment.nats_url)
