"""The metrics of a consumer: outcomes of messages, and how far it is behind."""

from __future__ import annotations

from collections.abc import AsyncIterator
from datetime import timedelta
from pathlib import Path

import pytest
from chassis.clock import utc_now
from chassis.errors import Unavailable
from chassis.messages import Catalog
from chassis.runtime import observation
from chassis.store.sqlite.store import open_sqlite

from tests.waiting import until

from .consuming import LISTED, TOPIC, Consuming, Handler, envelope, outgoing


@pytest.fixture
async def handler() -> Handler:
    return Handler()


@pytest.fixture
async def consuming(
    tmp_path: Path, messages: Catalog, handler: Handler
) -> AsyncIterator[Consuming]:
    store = open_sqlite(tmp_path / "unit.db")
    consuming = Consuming(store, messages, handler)
    yield consuming
    await consuming.kill()
    await store.close()


def outcomes(consuming: Consuming) -> dict[str, float]:
    """The messages by outcome."""
    registry = consuming.telemetry.metrics.registry
    labels = {"service": "unit", "group": "group", "type": LISTED}
    return {
        outcome: value
        for outcome in ("handled", "failed", "dead_letter")
        if (
            value := registry.get_sample_value(
                "chassis_messages_handled_total", {**labels, "outcome": outcome}
            )
        )
    }


async def test_every_outcome_is_counted(consuming: Consuming, handler: Handler) -> None:
    """The first attempt, in the batch, only sends a message to its lane."""
    await consuming.deliver(envelope("a"))
    assert outcomes(consuming) == {"handled": 1}
    handler.fail(1, *(ValueError("sometimes") for _ in range(2)))
    await consuming.deliver(envelope("b", 1))
    assert outcomes(consuming) == {"handled": 2, "failed": 1}
    handler.fail(2, *(ValueError("always") for _ in range(10)))
    await consuming.deliver(envelope("c", 2))
    assert outcomes(consuming) == {"handled": 2, "failed": 4, "dead_letter": 1}
    await consuming.deliver(b"not an envelope")
    assert len(await consuming.dead()) == 2


async def test_the_lag_is_what_waits_and_since_when(consuming: Consuming, handler: Handler) -> None:
    def lag() -> tuple[float, float]:
        later = utc_now() + timedelta(hours=1)
        messages, seconds = observation.lags([consuming.consumer], lambda: later)
        assert messages.labels == seconds.labels == {"group": "group", "topic": TOPIC}
        return messages.value, seconds.value

    await consuming.deliver(envelope("a"))
    assert lag() == (0, 0)
    handler.fail(1, ValueError("to its lane"), *(Unavailable("down") for _ in range(10_000)))
    for subject, number in (("b", 1), ("c", 2), ("b", 3)):
        consuming.hub.inject(outgoing(envelope(subject, number)))
    await until(lambda: lag()[0] == 2)
    assert 3600 <= lag()[1] < 3700
    handler.errors[1].clear()
    await until(lambda: lag() == (0, 0))
