"""The hub on NATS JetStream: a stream for each topic, a subject for each partition."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Iterator
from contextlib import contextmanager

import nats
import nats.errors
import structlog
from nats.aio.client import Client
from nats.js import JetStreamContext
from nats.js.api import Header, RetentionPolicy, StorageType, StreamConfig
from nats.js.errors import APIError, NotFoundError

from chassis.envelope import Envelope
from chassis.errors import Unavailable
from chassis.hub.nats_subscription import NatsSubscription
from chassis.hub.port import Deliver, Logged, Topic

_CONNECT_TIMEOUT = 10
_REQUEST_TIMEOUT = 5
_RECONNECT_WAIT = 0.2
_DUPLICATE_WINDOW = 120  # seconds; this only saves work, duplicates are dropped by the inbox
_STREAM_EXISTS = 10058

_log = structlog.get_logger()


async def connect_nats(url: str, name: str) -> NatsHub:
    """Connect to NATS.

    Args:
        url: The URL of the server.
        name: The name of this client.

    Raises:
        Unavailable: There is no server at `url`.
    """
    hub = NatsHub(Client())
    try:
        async with asyncio.timeout(_CONNECT_TIMEOUT):
            await hub.connect(url, name)
    except (OSError, nats.errors.Error, TimeoutError) as error:
        raise Unavailable(f"no event hub at {url}: {error!r}") from error
    return hub


class NatsHub:
    """Implements `chassis.hub.port.Hub`."""

    def __init__(self, client: Client) -> None:
        self._client = client
        self._js = JetStreamContext(client, timeout=_REQUEST_TIMEOUT)
        self._topics: dict[str, Topic] = {}
        self._subscriptions: list[NatsSubscription] = []
        self._closing = False

    async def connect(self, url: str, name: str) -> None:
        """Connect, and reconnect whenever the connection is lost."""
        await self._client.connect(
            url,
            name=name,
            max_reconnect_attempts=-1,
            reconnect_time_wait=_RECONNECT_WAIT,  # type: ignore[arg-type]  # seconds, any number
            error_cb=_on_error,
            disconnected_cb=self._on_disconnected,
            reconnected_cb=self._on_reconnected,
        )

    async def declare(self, topic: Topic) -> None:
        """See `Hub`."""
        if self._topics.get(topic.name) == topic:
            return
        with _translating():
            await self._ensure_stream(topic)
        self._topics[topic.name] = topic

    async def publish(self, topic: str, envelope: Envelope, *, again: bool = False) -> None:
        """See `Hub`."""
        if not self._client.is_connected:
            raise Unavailable("not connected to the event hub")
        partition = self._topics[topic].partition_of(envelope.subject)
        headers = None if again else {Header.MSG_ID.value: str(envelope.id)}
        with _translating():
            await self._js.publish(f"{topic}.{partition}", envelope.to_json(), headers=headers)

    async def subscribe(self, topic: str, group: str, deliver: Deliver) -> NatsSubscription:
        """See `Hub`."""
        subscription = NatsSubscription(
            self._client, self._js, self._topics[topic], group, deliver, self._ensure_stream
        )
        with _translating():
            await subscription.start()
        self._subscriptions.append(subscription)
        return subscription

    async def browse(self, topic: str) -> AsyncIterator[Logged]:
        """See `Hub`."""
        stream = stream_name(topic)
        with _translating():
            state = (await self._js.stream_info(stream)).state
        position, last = state.first_seq, state.last_seq
        while position <= last:
            with _translating():
                try:
                    message = await self._js.get_msg(
                        stream, position, subject=f"{topic}.*", next=True
                    )
                except NotFoundError:
                    return
            position = (message.seq or last) + 1
            yield Logged(position - 1, message.data or b"")

    async def discard(self, topic: str, position: int) -> None:
        """See `Hub`."""
        with _translating():
            await self._js.delete_msg(stream_name(topic), position)

    def status(self) -> str:
        """See `Hub`."""
        return "ok" if self._client.is_connected else "not connected to the event hub"

    async def close(self) -> None:
        """See `Hub`."""
        self._closing = True
        await asyncio.gather(*(subscription.cancel() for subscription in self._subscriptions))
        await self._client.close()

    async def _ensure_stream(self, topic: Topic) -> None:
        config = StreamConfig(
            name=stream_name(topic.name),
            subjects=[f"{topic.name}.*"],
            storage=StorageType.FILE,
            retention=RetentionPolicy.LIMITS,
            max_age=topic.retention.total_seconds(),
            duplicate_window=min(_DUPLICATE_WINDOW, topic.retention.total_seconds()),
        )
        try:
            await self._js.add_stream(config)
        except APIError as error:
            if error.err_code != _STREAM_EXISTS:
                raise
            await self._js.update_stream(config)

    async def _on_disconnected(self) -> None:
        if not self._closing:
            _log.warning("event hub disconnected")

    async def _on_reconnected(self) -> None:
        _log.info("event hub reconnected")
        for subscription in self._subscriptions:
            subscription.resume()


def stream_name(topic: str) -> str:
    """Return the name of the stream of a topic, which must have no dots."""
    return topic.replace(".", "-")


@contextmanager
def _translating() -> Iterator[None]:
    try:
        yield
    except (nats.errors.Error, TimeoutError, OSError) as error:
        raise Unavailable(f"event hub: {error!s} ({type(error).__name__})") from error


async def _on_error(error: Exception) -> None:
    _log.warning("event hub error", error=str(error) or repr(error))
