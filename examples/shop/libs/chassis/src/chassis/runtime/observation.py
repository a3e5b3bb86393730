"""What a unit is like at the moment, for its metrics."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime

from chassis.clock import Clock
from chassis.runtime.consumer import Consumer
from chassis.runtime.parts import Parts
from chassis.runtime.watermarks import Watermarks
from chassis.saga.engine import SagaEngine
from chassis.store.port import Store
from chassis.telemetry.snapshot import Sample


async def outbox(store: Store, clock: Clock) -> tuple[Sample, ...]:
    """Return the size of the outbox and the age of its oldest message."""
    size = await store.outbox_size()
    oldest = await store.pending(limit=1)
    age = _age(oldest[0].message.envelope.time if oldest else None, clock)
    return Sample("outbox_messages", size), Sample("outbox_age_seconds", age)


async def sagas(engines: Iterable[SagaEngine]) -> tuple[Sample, ...]:
    """Return the number of instances of each saga by status."""
    return tuple(
        [
            Sample("sagas", count, {"saga": engine.saga.name, "status": status})
            for engine in engines
            for status, count in (await engine.counts()).items()
        ]
    )


async def dead_letters(parts: Parts) -> tuple[Sample, ...]:
    """Return the number of dead letters."""
    return (Sample("dead_letters", await parts.dead_letters.count()),)


async def watermarks(watermarks: Watermarks, clock: Clock) -> tuple[Sample, ...]:
    """Return how far event time has come where it is behind most, and the number of late events."""
    marks = await watermarks.marks()
    earliest = min((mark.latest for mark in marks), default=None)
    return (
        Sample("stream_event_time_lag_seconds", _age(earliest, clock)),
        Sample("stream_late_events", sum(mark.late for mark in marks)),
    )


def leases(parts: Parts) -> tuple[Sample, ...]:
    """Return the number of leases that this process holds."""
    return (Sample("leases_held", len(parts.membership.owned)),)


def lags(consumers: Iterable[Consumer], clock: Clock) -> tuple[Sample, ...]:
    """Return how far consumers are behind, each for the partitions that this process holds."""
    samples: list[Sample] = []
    for consumer in consumers:
        labels = {"group": consumer.group, "topic": consumer.topic}
        lag = consumer.lag
        samples.append(Sample("consumer_lag_messages", lag.messages, labels))
        samples.append(Sample("consumer_lag_seconds", _age(lag.oldest, clock), labels))
    return tuple(samples)


def projection_lag(consumers: Iterable[Consumer], clock: Clock) -> Sample:
    """Return how far the slowest of some consumers is behind."""
    ages = (_age(consumer.lag.oldest, clock) for consumer in consumers)
    return Sample("projection_lag_seconds", max(ages, default=0.0))


def _age(time: datetime | None, clock: Clock) -> float:
    return 0.0 if time is None else max(0.0, (clock() - time).total_seconds())
