from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator
from datetime import timedelta
from typing import Any

import nats
import pytest
from chassis.errors import Unavailable
from chassis.hub import nats_subscription
from chassis.hub.nats import NatsHub, connect_nats, stream_name
from chassis.hub.port import Hub, Topic
from nats.js.api import ConsumerConfig

from tests.waiting import PATIENCE, until

from .hub_contract import SUBJECTS, Connect, HubContract, Inbox, envelope

TOPIC = Topic(name="shop.order.events", partitions=3, retention=timedelta(days=1))


class TestNatsHub(HubContract):
    @pytest.fixture
    async def connect(self, nats_server: Any) -> AsyncIterator[Connect]:
        hubs: list[NatsHub] = []

        async def connect() -> Hub:
            hubs.append(await connect_nats(nats_server.url, "test"))
            return hubs[-1]

        yield connect
        await asyncio.gather(*(hub.close() for hub in hubs))

    @pytest.fixture
    async def hub(self, connect: Connect) -> Hub:
        return await connect()

    async def test_what_was_published_lately_is_left_out(self, hub: Hub, topic: Topic) -> None:
        sent = envelope()
        await hub.publish(topic.name, sent)
        await hub.publish(topic.name, sent)
        assert len([message async for message in hub.browse(topic.name)]) == 1

    async def test_a_slow_delivery_is_not_repeated(
        self, hub: Hub, topic: Topic, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(nats_subscription, "_ACK_WAIT", 0.3)
        monkeypatch.setattr(nats_subscription, "_HEARTBEAT", 0.1)
        inbox = Inbox()

        async def slow(raw: bytes) -> None:
            await asyncio.sleep(1.0)
            await inbox(raw)

        await hub.subscribe(topic.name, "group", slow)
        await hub.publish(topic.name, envelope())
        await inbox.wait(1)
        await asyncio.sleep(0.5)
        assert len(inbox.got) == 1

    async def test_an_old_consumer_is_configured_anew(
        self, hub: Hub, topic: Topic, nats_server: Any
    ) -> None:
        client = await nats.connect(nats_server.url)
        js, stream = client.jetstream(), stream_name(topic.name)
        for partition in range(3):
            old = ConsumerConfig(
                durable_name=f"group-{partition}",
                filter_subject=f"{topic.name}.{partition}",
                ack_wait=77,
                max_ack_pending=50,
            )
            await js.add_consumer(stream, old)
        await hub.subscribe(topic.name, "group", Inbox())
        info = await js.consumer_info(stream, "group-1")
        assert (info.config.max_ack_pending, info.config.ack_wait) == (1, 6)
        await client.close()

    async def test_a_deleted_consumer_comes_back(
        self, hub: Hub, topic: Topic, nats_server: Any
    ) -> None:
        inbox, client = Inbox(), await nats.connect(nats_server.url)
        subscription = await hub.subscribe(topic.name, "group", inbox)
        await hub.publish(topic.name, envelope("s", 1))
        await inbox.wait(1)
        for partition in range(3):
            await client.jetstream().delete_consumer(stream_name(topic.name), f"group-{partition}")
        await client.close()
        await hub.publish(topic.name, envelope("s", 2))
        await until(lambda: 2 in inbox.numbers("s") and subscription.status() == "ok")

    async def test_no_server_is_unavailable(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr("chassis.hub.nats._CONNECT_TIMEOUT", 0.5)
        with pytest.raises(Unavailable, match="no event hub at nats://127"):
            await connect_nats("nats://127.0.0.1:1", "test")

    async def test_many_idle_subscriptions_cost_nothing(self, hub: Hub, topic: Topic) -> None:
        names = [f"{topic.name}.{number}" for number in range(15)]
        topics = [Topic(name=n, partitions=12, retention=topic.retention) for n in names]
        await asyncio.gather(*(hub.declare(topic) for topic in topics))
        await asyncio.gather(*(hub.subscribe(name, "group", Inbox()) for name in names))
        await asyncio.sleep(0.5)
        busy = time.process_time()
        await asyncio.sleep(1)
        assert time.process_time() - busy < 0.05


async def test_everything_goes_on_after_the_server_was_killed(own_nats_server: Any) -> None:
    hub, inbox = await connect_nats(own_nats_server.url, "test"), Inbox()
    await hub.declare(TOPIC)
    subscription = await hub.subscribe(TOPIC.name, "group", inbox)
    for number in range(5):
        await asyncio.gather(*(hub.publish(TOPIC.name, envelope(s, number)) for s in SUBJECTS))
    own_nats_server.kill()
    await until(lambda: hub.status() != "ok")
    with pytest.raises(Unavailable):
        await hub.publish(TOPIC.name, envelope())
    own_nats_server.start()
    for subject in SUBJECTS:
        await _publish_at_last(hub, subject)
    await until(lambda: all(inbox.numbers(s)[-1:] == [5] for s in SUBJECTS))
    assert subscription.status() == "ok"
    for subject in SUBJECTS:  # some may come again, but none is lost
        assert sorted(set(inbox.numbers(subject))) == list(range(6))
    await hub.close()


async def _publish_at_last(hub: Hub, subject: str) -> None:
    async with asyncio.timeout(PATIENCE):
        while True:
            try:
                return await hub.publish(TOPIC.name, envelope(subject, 5))
            except Unavailable:
                await asyncio.sleep(0.02)
