"""Publishing to JetStream: any number of messages in flight, one subscription for all answers."""

from __future__ import annotations

import asyncio
import json
from itertools import count

from nats.aio.client import Client
from nats.aio.msg import Msg
from nats.js.api import Header

from chassis.envelope import Outgoing
from chassis.errors import Unavailable
from chassis.hub.nats_subjects import subject_of

_TIMEOUT = 10.0


class Publisher:
    """Publishes messages and waits until each is stored."""

    def __init__(self, client: Client) -> None:
        self._client = client
        self._inbox = ""
        self._numbers = count()
        self._waiting: dict[str, asyncio.Future[None]] = {}

    async def open(self) -> None:
        """Subscribe to the answers of the server."""
        self._inbox = self._client.new_inbox()
        await self._client.subscribe(f"{self._inbox}.*", cb=self._on_answer)

    async def publish(self, message: Outgoing, *, again: bool) -> None:
        """See `Hub.publish`."""
        reply = f"{self._inbox}.{next(self._numbers)}"
        self._waiting[reply] = stored = asyncio.get_running_loop().create_future()
        headers = None if again else {Header.MSG_ID.value: message.id}
        try:
            async with asyncio.timeout(_TIMEOUT):
                await self._client.publish(subject_of(message), message.data, reply, headers)
                await stored
        finally:
            del self._waiting[reply]

    def fail(self, reason: str) -> None:
        """Make all that wait raise `Unavailable`; their messages may have been stored."""
        for stored in self._waiting.values():
            if not stored.done():
                stored.set_exception(Unavailable(f"event hub: {reason}"))

    async def _on_answer(self, answer: Msg) -> None:
        stored = self._waiting.get(answer.subject)
        if stored is None or stored.done():
            return
        if (refusal := _refusal(answer)) is None:
            stored.set_result(None)
        else:
            stored.set_exception(Unavailable(f"event hub: {refusal}"))


def _refusal(answer: Msg) -> str | None:
    if b'"error"' not in answer.data and answer.data:
        return None  # stored, now or before
    if not answer.data:
        return "there is no stream for this topic"
    return str(json.loads(answer.data)["error"])
