"""The streams of topics on JetStream."""

from __future__ import annotations

import asyncio
import re
from contextlib import suppress

import nats.errors
import structlog
from nats.js import JetStreamContext
from nats.js.api import RetentionPolicy, StorageType, StreamConfig
from nats.js.errors import APIError, NotFoundError, ServiceUnavailableError

from chassis.hub.nats.subjects import all_subjects, stream_name
from chassis.hub.port import Topic

_DUPLICATE_WINDOW = 120.0  # seconds; this only saves work, readers recognise what they have read
_STREAM_EXISTS = 10058
_PATIENCE = 120.0  # seconds: many processes start at once, on a server that starts, too
_PAUSE = 0.3

_log = structlog.get_logger()


async def declare_stream(js: JetStreamContext, topic: Topic) -> None:
    """Create or update the stream of a topic, as soon as the server can."""
    async with asyncio.timeout(_PATIENCE):
        while True:
            try:
                return await ensure_stream(js, topic)
            except (ServiceUnavailableError, nats.errors.TimeoutError, TimeoutError) as error:
                _log.warning("event hub is slow", topic=topic.name, error=repr(error))
                await asyncio.sleep(_PAUSE)


async def ensure_stream(js: JetStreamContext, topic: Topic) -> None:
    """Create or update the stream of a topic."""
    config = _config(topic)
    try:
        await js.add_stream(config)
    except APIError as error:
        if error.err_code != _STREAM_EXISTS:
            raise
        await js.update_stream(config)
        await _delete_old_consumers(js, topic)


async def _delete_old_consumers(js: JetStreamContext, topic: Topic) -> None:
    """Delete what older versions of this package used: a durable consumer for each partition."""
    stream = stream_name(topic.name)
    old = re.compile(rf".+-([0-9]+) {re.escape(topic.name)}\.\1")
    for consumer in await js.consumers_info(stream):
        name, config = consumer.config.durable_name, consumer.config
        if name and old.fullmatch(f"{name} {config.filter_subject}") and not consumer.num_waiting:
            with suppress(NotFoundError):  # another process was faster
                await js.delete_consumer(stream, name)


def _config(topic: Topic) -> StreamConfig:
    retention = topic.retention.total_seconds()
    return StreamConfig(
        name=stream_name(topic.name),
        subjects=[all_subjects(topic.name)],
        storage=StorageType.FILE,
        retention=RetentionPolicy.LIMITS,
        max_age=retention,
        duplicate_window=min(_DUPLICATE_WINDOW, retention),
        allow_batched=True,  # see `chassis.hub.nats.publisher`
    )
