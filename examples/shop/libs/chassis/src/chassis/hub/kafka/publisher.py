"""Publishing with an idempotent producer, which stores messages in order and not twice."""

from __future__ import annotations

import asyncio
import threading
from collections import OrderedDict, deque
from collections.abc import Callable, Mapping

from confluent_kafka import KafkaError, KafkaException, Producer

from chassis.envelope import Outgoing
from chassis.errors import Unavailable
from chassis.hub.kafka.config import HEADROOM, MAX_MESSAGE_BYTES
from chassis.hub.kafka.messages import headers_of
from chassis.hub.requests import NoTopic

NO_TOPIC = frozenset(
    {
        KafkaError._UNKNOWN_TOPIC,
        KafkaError._UNKNOWN_PARTITION,
        KafkaError.UNKNOWN_TOPIC_OR_PART,
        KafkaError.UNKNOWN_TOPIC_ID,
    }
)
_RECENT = 10_000  # messages
_POLL = 0.2  # seconds
_FULL = 0.01  # seconds until the next try
_SETTINGS = {
    "acks": "all",
    "enable.idempotence": "true",
    "linger.ms": "1",
    "message.max.bytes": str(MAX_MESSAGE_BYTES + HEADROOM),
    "message.timeout.ms": "15000",
    "topic.metadata.propagation.max.ms": "2000",
}


class Publisher:
    """Publishes messages and waits until each is stored.

    librdkafka reports to a thread, in groups. This takes half of the processor time of its client
    for asyncio, which hands every message to another task.

    A message that this publisher has stored recently is not stored again. This only saves work,
    e.g. when a relay repeats what it had no answer for; readers recognise what they have read.
    """

    def __init__(self, config: Mapping[str, str], on_lost: Callable[[str], None]) -> None:
        """Create it.

        Args:
            config: The settings of clients.
            on_lost: Called in the event loop when no broker can be reached.
        """
        self._loop = asyncio.get_running_loop()
        self._on_lost = on_lost
        self._producer = Producer({**config, **_SETTINGS, "error_cb": self._on_error})
        self._under_way: dict[str, asyncio.Future[None]] = {}
        self._stored: OrderedDict[str, None] = OrderedDict()
        self._reports: deque[tuple[asyncio.Future[None], Exception | None]] = deque()
        self._reporting = False
        self._closed = threading.Event()
        self._thread = threading.Thread(target=self._poll, name="kafka publisher", daemon=True)
        self._thread.start()

    async def publish(self, message: Outgoing, partition: int, *, again: bool) -> None:
        """See `Hub.publish`."""
        stored = None if again else self._under_way.get(message.id)
        if stored is None:
            if not again and message.id in self._stored:
                return
            stored = self._under_way[message.id] = self._loop.create_future()
            stored.add_done_callback(lambda done: self._remember(message.id, done))
            try:
                await self._produce(message, partition, stored)
            except BaseException:
                _settle(stored, Unavailable("event hub: not published"))
                raise
        await asyncio.shield(stored)

    def fail(self, reason: str) -> None:
        """Make all that wait raise `Unavailable`; their messages may have been stored."""
        for stored in tuple(self._under_way.values()):
            _settle(stored, Unavailable(f"event hub: {reason}"))

    async def close(self) -> None:
        """Give up what is not stored. The brokers need not be there."""
        self.fail("the connection was closed")
        self._closed.set()
        await asyncio.to_thread(self._thread.join)

    async def _produce(
        self, message: Outgoing, partition: int, stored: asyncio.Future[None]
    ) -> None:
        while not stored.done():
            try:
                return self._producer.produce(
                    message.topic,
                    message.data,
                    message.subject.encode(),
                    partition,
                    headers=headers_of(message),
                    on_delivery=lambda error, _: self._report(stored, error),
                )
            except BufferError:  # too much is under way
                await asyncio.sleep(_FULL)
            except KafkaException as error:
                return _settle(stored, _translated(error.args[0]))

    def _remember(self, id: str, done: asyncio.Future[None]) -> None:
        if self._under_way.get(id) is done:
            del self._under_way[id]
        if not done.cancelled() and done.exception() is None:
            self._stored[id] = None
            if len(self._stored) > _RECENT:
                self._stored.popitem(last=False)

    def _poll(self) -> None:
        """Serve the producer, in its thread."""
        while not self._closed.is_set():
            self._producer.poll(_POLL)
        self._producer.purge(blocking=False)
        self._producer.flush(1)

    def _report(self, stored: asyncio.Future[None], error: KafkaError | None) -> None:
        """Take a report, in the thread of the producer."""
        self._reports.append((stored, None if error is None else _translated(error)))
        if not self._reporting:
            self._reporting = True
            self._call(self._settle_reported)

    def _settle_reported(self) -> None:
        self._reporting = False
        while self._reports:
            _settle(*self._reports.popleft())

    def _on_error(self, error: KafkaError) -> None:
        """Take an error of the client, in the thread of the producer."""
        if error.code() == KafkaError._ALL_BROKERS_DOWN or error.fatal():
            self._call(self._on_lost, error.str())

    def _call(self, function: Callable[..., None], *arguments: object) -> None:
        if not self._loop.is_closed():
            self._loop.call_soon_threadsafe(function, *arguments)


def _settle(stored: asyncio.Future[None], error: Exception | None) -> None:
    if stored.done():
        return
    if error is None:
        stored.set_result(None)
    else:
        stored.set_exception(error)
        stored.exception()  # nobody may wait for it any more


def _translated(error: KafkaError) -> Unavailable:
    kind = NoTopic if error.code() in NO_TOPIC else Unavailable
    return kind(f"event hub: {error.str()} ({error.name()})")
