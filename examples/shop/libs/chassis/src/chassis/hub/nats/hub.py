"""The hub on NATS JetStream: a stream for each topic."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, Iterator, Mapping
from contextlib import aclosing, asynccontextmanager, contextmanager, suppress

import nats
import nats.errors
import structlog
from nats.aio.client import Client
from nats.js import JetStreamContext
from nats.js.errors import NotFoundError

from chassis.envelope import Outgoing
from chassis.errors import TooLarge, Unavailable
from chassis.hub.nats.publisher import Publisher
from chassis.hub.nats.reader import Readers
from chassis.hub.nats.stream import declare_stream, ensure_stream
from chassis.hub.nats.subjects import Selection, stream_name
from chassis.hub.port import Backlog, Record, Topic
from chassis.hub.requests import TIMEOUT, NoTopic, Requests

_CONNECT_TIMEOUT = 10
_RECONNECT_WAIT = 0.2
_OLDEST_SERVER = (2, 14)  # the first one with fast batches
_HEADERS = 1024  # bytes of a message that are left for its headers

_log = structlog.get_logger()


async def connect_nats(url: str, name: str) -> NatsHub:
    """Connect to NATS.

    Args:
        url: The URL of the server.
        name: The name of this client.

    Raises:
        Unavailable: There is no server at `url`, or it is too old.
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

    system = "nats"

    def __init__(self, client: Client) -> None:
        self._client = client
        self._js = JetStreamContext(client, timeout=TIMEOUT)
        self._publisher = Publisher(client)
        self._requests = Requests()
        self._readers = Readers(client, self._js, self._requests)
        self._topics: dict[str, Topic] = {}
        self._closing = False

    async def connect(self, url: str, name: str) -> None:
        """Connect, and reconnect whenever the connection is lost."""
        await self._client.connect(
            url,
            name=name,
            skip_subject_validation=True,  # those of messages are checked when they are made
            max_reconnect_attempts=-1,
            reconnect_time_wait=_RECONNECT_WAIT,  # type: ignore[arg-type]  # seconds, any number
            error_cb=_on_error,
            disconnected_cb=self._on_disconnected,
            reconnected_cb=_on_reconnected,
        )
        version = self._client.connected_server_version
        if (version.major, version.minor) < _OLDEST_SERVER:
            await self.close()
            oldest = ".".join(map(str, _OLDEST_SERVER))
            raise Unavailable(
                f"{url} is nats-server {version.major}.{version.minor}, "
                f"but {oldest} or newer is needed"
            )
        await self._publisher.open()

    @property
    def max_message_bytes(self) -> int:
        """See `Hub`."""
        return self._client.max_payload - _HEADERS

    async def declare(self, topic: Topic) -> None:
        """See `Hub`."""
        with _translating():
            await declare_stream(self._js, topic)
        self._topics[topic.name] = topic

    def partitions(self, topic: str) -> int:
        """See `Hub`."""
        return self._topics[topic].partitions

    async def incarnation(self, topic: str) -> str:
        """See `Hub`."""
        async with self._using(topic):
            return await self._readers.incarnation(topic)

    async def publish(self, message: Outgoing, *, again: bool = False) -> None:
        """See `Hub`."""
        if len(message.data) > self.max_message_bytes:
            raise TooLarge(message.type, len(message.data), self.max_message_bytes)
        async with self._using(message.topic):
            await self._publisher.publish(message, again=again)

    async def read(
        self, topic: str, after: Mapping[int, int], types: frozenset[str] | None = None
    ) -> AsyncGenerator[tuple[Record, ...], None]:
        """See `Hub`."""
        selection = Selection.of(self._topics[topic], after, types)
        async with self._using(topic), aclosing(self._readers.read(selection)) as batches:
            async for batch in batches:
                yield batch

    async def is_complete(self, topic: str) -> bool:
        """See `Hub`."""
        async with self._using(topic):
            return (await self._js.stream_info(stream_name(topic))).state.first_seq <= 1

    async def delete(self, topic: str) -> None:
        """See `Hub`."""
        async with self._using(topic):
            with suppress(NotFoundError):
                await self._js.delete_stream(stream_name(topic))

    async def end(self, topic: str) -> Mapping[int, int]:
        """See `Hub`."""
        async with self._using(topic):
            last = await self._readers.last_position(topic)
        return dict.fromkeys(range(self._topics[topic].partitions), last)

    async def backlog(
        self, topic: str, after: Mapping[int, int], types: frozenset[str] | None = None
    ) -> Backlog:
        """See `Hub`."""
        async with self._using(topic):
            return await self._readers.backlog(self._topics[topic], after, types)

    def status(self) -> str:
        """See `Hub`."""
        return "ok" if self._client.is_connected else "not connected to the event hub"

    async def close(self) -> None:
        """See `Hub`."""
        self._closing = True
        self._fail("the connection was closed")
        await self._client.close()

    @asynccontextmanager
    async def _using(self, topic: str) -> AsyncGenerator[None, None]:
        """Raise `Unavailable` for errors in this block; a topic that was lost is created again."""
        if not self._client.is_connected:
            raise Unavailable("not connected to the event hub")
        try:
            with _translating():
                yield
        except NoTopic:
            await self._restore(topic)
            raise

    async def _restore(self, name: str) -> None:
        topic = self._topics.get(name)
        if topic is not None and not topic.temporary:
            with _translating():
                async with self._requests.guard():
                    await ensure_stream(self._js, topic)

    def _fail(self, reason: str) -> None:
        self._requests.fail()
        self._publisher.fail(reason)
        self._readers.fail(reason)

    async def _on_disconnected(self) -> None:
        self._fail("the connection was lost")
        if not self._closing:
            _log.warning("event hub disconnected")


@contextmanager
def _translating() -> Iterator[None]:
    try:
        yield
    except NotFoundError as error:
        raise NoTopic(f"event hub: {error!s}") from error
    except (nats.errors.Error, TimeoutError, OSError) as error:
        raise Unavailable(f"event hub: {error!s} ({type(error).__name__})") from error


async def _on_reconnected() -> None:
    _log.info("event hub reconnected")


async def _on_error(error: Exception) -> None:
    _log.warning("event hub error", error=str(error) or repr(error))
