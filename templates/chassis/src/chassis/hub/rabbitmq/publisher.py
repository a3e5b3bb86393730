"""Publishing with confirmations, on a connection of its own.

A server that runs out of memory or disk stops reading from connections that publish. Those that
read must not stop with them.
"""

from __future__ import annotations

import asyncio
from collections import OrderedDict

from aio_pika.abc import AbstractChannel, AbstractConnection
from aio_pika.exceptions import ChannelNotFoundEntity, PublishError
from aiormq import Channel

from chassis.envelope import Outgoing
from chassis.errors import Unavailable
from chassis.hub.rabbitmq.messages import properties_of
from chassis.hub.requests import TIMEOUT, NoTopic

_RECENT = 10_000  # messages


class Publisher:
    """Publishes messages and waits until each is stored.

    A message that this publisher has stored recently is not stored again. This only saves work,
    e.g. when a relay repeats what it had no answer for; readers recognise what they have read.
    """

    def __init__(self, connection: AbstractConnection) -> None:
        self._connection = connection
        self._opening = asyncio.Lock()
        self._channel: AbstractChannel | None = None
        self._under_way: dict[str, asyncio.Task[None]] = {}
        self._stored: OrderedDict[str, None] = OrderedDict()

    async def publish(self, message: Outgoing, partition: int, *, again: bool) -> None:
        """See `Hub.publish`."""
        publishing = None if again else self._under_way.get(message.id)
        if publishing is None:
            if not again and message.id in self._stored:
                return
            publishing = asyncio.create_task(self._publish(message, partition))
            self._under_way[message.id] = publishing
            publishing.add_done_callback(lambda done: self._remember(message.id, done))
        await asyncio.shield(publishing)

    async def close(self) -> None:
        """Give up what is not stored. The server need not be there."""
        publishing = tuple(self._under_way.values())
        for each in publishing:
            each.cancel()
        await asyncio.gather(*publishing, return_exceptions=True)

    async def _publish(self, message: Outgoing, partition: int) -> None:
        try:
            async with asyncio.timeout(TIMEOUT):
                channel = await self._opened()
                await channel.basic_publish(
                    message.data,
                    exchange=message.topic,
                    routing_key=str(partition),
                    properties=properties_of(message),
                    mandatory=True,
                    wait=False,  # for the socket; the confirmation is waited for
                )
        except (ChannelNotFoundEntity, PublishError) as error:
            raise NoTopic(f"event hub: {message.topic}: {error!s}") from error
        except asyncio.CancelledError:  # by `close`; those who wait are not cancelled
            raise Unavailable("event hub: the connection was closed") from None

    async def _opened(self) -> Channel:
        """Return a channel that is open.

        The server closes a channel that publishes to an exchange that is not there.
        """
        async with self._opening:
            if self._channel is None or self._channel.is_closed:
                channel = self._connection.channel(on_return_raises=True)
                await channel.initialize()
                self._channel = channel
            below = await self._channel.get_underlay_channel()
            assert isinstance(below, Channel)
            return below

    def _remember(self, id: str, done: asyncio.Task[None]) -> None:
        if self._under_way.get(id) is done:
            del self._under_way[id]
        if not done.cancelled() and done.exception() is None:
            self._stored[id] = None
            if len(self._stored) > _RECENT:
                self._stored.popitem(last=False)
