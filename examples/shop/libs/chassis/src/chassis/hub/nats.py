"""The hub on NATS JetStream: a stream for each topic."""

from __future__ import annotations

import asyncio
from collections import defaultdict
from collections.abc import AsyncGenerator, Iterator, Mapping
from contextlib import asynccontextmanager, contextmanager
from datetime import UTC, datetime

import nats
import nats.errors
import structlog
from nats.aio.client import Client
from nats.js import JetStreamContext

from chassis.envelope import Outgoing
from chassis.errors import TooLarge, Unavailable
from chassis.hub.nats_consumer import Delivery, PullConsumer
from chassis.hub.nats_publisher import Publisher
from chassis.hub.nats_stream import declare_stream
from chassis.hub.nats_subjects import Selection, stream_name
from chassis.hub.port import Backlog, Record, Topic

_CONNECT_TIMEOUT = 10
_REQUEST_TIMEOUT = 30
_RECONNECT_WAIT = 0.2
_HEADERS = 1024  # bytes of a message that are left for its headers

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
        self._publisher = Publisher(client)
        self._topics: dict[str, Topic] = {}
        self._consumers: set[PullConsumer] = set()
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
            reconnected_cb=_on_reconnected,
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

    async def publish(self, message: Outgoing, *, again: bool = False) -> None:
        """See `Hub`."""
        if len(message.data) > self.max_message_bytes:
            raise TooLarge(message.type, len(message.data), self.max_message_bytes)
        self._require_connection()
        with _translating():
            await self._publisher.publish(message, again=again)

    async def read(
        self, topic: str, after: Mapping[int, int], types: frozenset[str] | None = None
    ) -> AsyncGenerator[tuple[Record, ...], None]:
        """See `Hub`."""
        selection = Selection.of(self._topics[topic], after, types)
        async with self._consumer(selection) as (consumer, pending):
            if at_end := pending == 0:
                yield ()
            while True:
                with _translating():
                    deliveries = await consumer.take()
                if records := _records(selection, deliveries):
                    yield records
                    at_end = False
                if not at_end and (not deliveries or deliveries[-1].pending == 0):
                    at_end = True
                    yield ()

    async def end(self, topic: str) -> Mapping[int, int]:
        """See `Hub`."""
        self._require_connection()
        with _translating():
            state = (await self._js.stream_info(stream_name(topic))).state
        return dict.fromkeys(range(self._topics[topic].partitions), state.last_seq)

    async def backlog(
        self, topic: str, after: Mapping[int, int], types: frozenset[str] | None = None
    ) -> Backlog:
        """See `Hub`."""
        self._require_connection()
        last = (await self.end(topic))[0]
        waiting: dict[int, dict[int, int]] = defaultdict(dict)
        for partition, position in after.items():
            if position < last:
                waiting[position][partition] = position
        backlogs = await asyncio.gather(
            *(
                self._backlog(Selection.of(self._topics[topic], same, types))
                for same in waiting.values()
            )
        )
        return Backlog(
            count=sum(backlog.count for backlog in backlogs),
            oldest=min((b.oldest for b in backlogs if b.oldest is not None), default=None),
        )

    async def _backlog(self, selection: Selection) -> Backlog:
        """Return the backlog of partitions with the same position."""
        async with self._consumer(selection) as (consumer, count):
            if count == 0:
                return Backlog(count=0, oldest=None)
            deliveries = await consumer.take()
        records = _records(selection, deliveries)
        return Backlog(count=count, oldest=records[0].time if records else None)

    def status(self) -> str:
        """See `Hub`."""
        return "ok" if self._client.is_connected else "not connected to the event hub"

    async def close(self) -> None:
        """See `Hub`."""
        self._closing = True
        self._fail("the connection was closed")
        await self._client.close()

    @asynccontextmanager
    async def _consumer(
        self, selection: Selection
    ) -> AsyncGenerator[tuple[PullConsumer, int], None]:
        self._require_connection()
        consumer = PullConsumer(self._client, self._js, stream_name(selection.topic.name))
        self._consumers.add(consumer)
        try:
            with _translating():
                pending = await consumer.open(selection.filters(), selection.start)
            yield consumer, pending
        finally:
            self._consumers.discard(consumer)
            await consumer.close()

    def _require_connection(self) -> None:
        if not self._client.is_connected:
            raise Unavailable("not connected to the event hub")

    def _fail(self, reason: str) -> None:
        self._publisher.fail(reason)
        for consumer in self._consumers:
            consumer.fail(reason)

    async def _on_disconnected(self) -> None:
        self._fail("the connection was lost")
        if not self._closing:
            _log.warning("event hub disconnected")


def _records(selection: Selection, deliveries: list[Delivery]) -> tuple[Record, ...]:
    records = (
        selection.record(
            delivery.subject,
            delivery.position,
            datetime.fromtimestamp(delivery.nanoseconds / 1e9, UTC),
            delivery.data,
        )
        for delivery in deliveries
    )
    return tuple(record for record in records if record is not None)


@contextmanager
def _translating() -> Iterator[None]:
    try:
        yield
    except (nats.errors.Error, TimeoutError, OSError) as error:
        raise Unavailable(f"event hub: {error!s} ({type(error).__name__})") from error


async def _on_reconnected() -> None:
    _log.info("event hub reconnected")


async def _on_error(error: Exception) -> None:
    _log.warning("event hub error", error=str(error) or repr(error))
