"""What holds for RabbitMQ only: how its topics look to others, and how its clients fail."""

from __future__ import annotations

import asyncio
import json
import signal
import time
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from uuid import uuid4

import aio_pika
import pytest
from aio_pika.abc import AbstractChannel, AbstractIncomingMessage
from aiormq.abc import FieldTable
from chassis.errors import Unavailable
from chassis.hub.port import Backlog, Topic
from chassis.hub.rabbitmq.hub import RabbitHub, connect_rabbitmq, translating
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from cryptography.x509.oid import NameOID

from tests.chassis.contracts.hub_contract import (
    ENDED,
    HAPPENED,
    SUBJECTS,
    Reading,
    after_these,
    at_last,
    from_the_beginning,
    numbers_of,
    outgoing,
    publish_all,
    publish_at_last,
    read_to_end,
    some_of_each,
)
from tests.servers.proxy import Proxy
from tests.servers.rabbitmq import RabbitServer
from tests.servers.server import free_ports
from tests.waiting import until


@pytest.fixture
async def hub(rabbitmq_server: RabbitServer) -> AsyncIterator[RabbitHub]:
    hub = await connect_rabbitmq(rabbitmq_server.url, "test")
    yield hub
    await hub.close()


def a_topic() -> Topic:
    return Topic(name=f"t{uuid4().hex[:10]}.unit", partitions=3, retention=timedelta(days=1))


@pytest.fixture
async def topic(hub: RabbitHub) -> Topic:
    topic = a_topic()
    await hub.declare(topic)
    return topic


@pytest.fixture
async def others(rabbitmq_server: RabbitServer) -> AsyncIterator[AbstractChannel]:
    """A channel of another client."""
    url = rabbitmq_server.url.replace("rabbitmq://", "amqp://")
    async with await aio_pika.connect(url) as connection:
        yield await connection.channel()


async def consumed(
    channel: AbstractChannel, stream: str, count: int
) -> list[AbstractIncomingMessage]:
    await channel.set_qos(prefetch_count=100)
    queue = await channel.get_queue(stream)
    messages: list[AbstractIncomingMessage] = []
    async with queue.iterator(arguments={"x-stream-offset": "first"}) as arriving:
        async for message in arriving:
            messages.append(message)
            if len(messages) == count:
                break
    return messages


async def test_a_message_as_other_clients_see_it(
    hub: RabbitHub, topic: Topic, others: AbstractChannel
) -> None:
    trace = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01"
    sent = outgoing(topic, "subject-1")
    envelope = replace(sent.envelope, traceparent=trace, data={"traceparent": "of the data"})
    sent = replace(sent, data=envelope.to_json())
    before = time.time()
    await hub.publish(sent)
    stream = f"{topic.name}-{topic.partition_of('subject-1')}"
    control, message = await consumed(others, stream, 2)
    assert (control.body, control.headers["chassis-control"]) == (b"", "1")
    assert message.body == sent.data
    assert message.content_type == "application/cloudevents+json; charset=UTF-8"
    assert message.message_id == sent.id
    milliseconds = message.headers.pop("timestamp_in_ms")
    assert isinstance(milliseconds, int)
    assert before - 1 < milliseconds / 1000 < time.time() + 1
    assert message.headers == {
        "cloudEvents:specversion": "1.0",
        "cloudEvents:id": sent.id,
        "cloudEvents:type": HAPPENED,
        "cloudEvents:subject": "subject-1",
        "traceparent": trace,
        "x-stream-offset": 1,
    }


async def test_a_topic_as_operators_see_it(
    topic: Topic, rabbitmq_server: RabbitServer, others: AbstractChannel
) -> None:
    rows = _listed(rabbitmq_server, "queues", "name", "type", "durable", "arguments")
    queues = {row["name"]: row for row in rows if str(row["name"]).startswith(topic.name)}
    assert set(queues) == {f"{topic.name}-{n}" for n in (0, 1, 2, "description")}
    for name, row in queues.items():
        assert (row["type"], row["durable"]) == ("stream", True)
        arguments = str(row["arguments"])
        assert ("x-max-age" in arguments) is (name != f"{topic.name}-description")
        assert ("86400s" in arguments) is (name != f"{topic.name}-description")
    [exchange] = [
        row
        for row in _listed(rabbitmq_server, "exchanges", "name", "type", "durable")
        if row["name"] == topic.name
    ]
    assert (exchange["type"], exchange["durable"]) == ("direct", True)
    bindings = _listed(
        rabbitmq_server, "bindings", "source_name", "destination_name", "routing_key"
    )
    assert {
        (row["destination_name"], row["routing_key"])
        for row in bindings
        if row["source_name"] == topic.name
    } == {(f"{topic.name}-{partition}", str(partition)) for partition in range(3)}
    [description] = await consumed(others, f"{topic.name}-description", 1)
    stored = json.loads(description.body)
    assert (stored["partitions"], stored["retention"]) == (3, 86400)


async def test_a_topic_keeps_its_partitions_and_retention(hub: RabbitHub, topic: Topic) -> None:
    await publish_all(hub, some_of_each(topic, 2))
    before = await hub.incarnation(topic.name)
    for declared in (12, 1):
        await hub.declare(replace(topic, partitions=declared, retention=timedelta(days=declared)))
        assert hub.partitions(topic.name) == 3
        assert set(await hub.end(topic.name)) == {0, 1, 2}
    assert await hub.incarnation(topic.name) == before


async def test_what_others_publish_with_other_headers_is_read(
    hub: RabbitHub, topic: Topic, others: AbstractChannel
) -> None:
    exchange = await others.get_exchange(topic.name)
    ended = outgoing(topic, type=ENDED).data
    for body in (ended, b"not an envelope", b"", b"[]", outgoing(topic).data):
        headers: FieldTable = {"cloudEvents:type": 7, "timestamp_in_ms": 1 << 62}
        await exchange.publish(aio_pika.Message(body, headers=headers), "1")
    records = await read_to_end(hub, topic, from_the_beginning(topic))
    assert [record.type for record in records] == [ENDED, "", "", "", HAPPENED]
    wanted = await read_to_end(hub, topic, from_the_beginning(topic), frozenset({ENDED}))
    assert [record.data for record in wanted] == [ended]


async def test_what_has_expired_is_skipped(hub: RabbitHub, monkeypatch: pytest.MonkeyPatch) -> None:
    """Streams expire in segments, here small ones."""
    monkeypatch.setattr("chassis.hub.rabbitmq.topics.SEGMENT_BYTES", 20_000)
    topic = replace(a_topic(), retention=timedelta(seconds=1))
    await hub.declare(topic)
    published = 0
    async with asyncio.timeout(60):
        while await hub.is_complete(topic.name):
            await publish_all(hub, some_of_each(topic, 5, published))
            published += 5
    beginning = from_the_beginning(topic)
    left = await read_to_end(hub, topic, beginning)
    assert 0 < len(left) < published * len(SUBJECTS)
    for numbers in numbers_of(left).values():
        assert numbers == list(range(numbers[0], published))
    backlog = await hub.backlog(topic.name, beginning)
    assert len(left) <= backlog.count < 1.2 * len(left)  # each segment has some offsets of its own
    after = after_these(topic, left)
    assert await hub.end(topic.name) == after
    assert await hub.backlog(topic.name, after) == Backlog(count=0, oldest=None)


async def test_a_position_beyond_the_end_is_not_waited_for(hub: RabbitHub, topic: Topic) -> None:
    await publish_all(hub, some_of_each(topic, 1))
    end = dict(await hub.end(topic.name))
    await hub.delete(topic.name)
    await hub.declare(topic)
    with pytest.raises(Unavailable, match="was read: is this another"):
        await anext(hub.read(topic.name, end))


async def test_a_reader_of_a_topic_that_was_created_again_is_told(
    hub: RabbitHub, topic: Topic, rabbitmq_server: RabbitServer
) -> None:
    """RabbitMQ 3.10 may also close the connection, with an internal error."""
    other = await connect_rabbitmq(rabbitmq_server.url, "other")
    async with Reading(hub, topic) as reading:
        await publish_all(hub, some_of_each(topic, 1))
        await reading.wait(len(SUBJECTS))
        await other.delete(topic.name)
        await other.declare(topic)
        await until(lambda: reading.failures)
        reading.after = from_the_beginning(topic)
        for message in some_of_each(topic, 1, 1):
            await publish_at_last(hub, message)
        await reading.wait(2 * len(SUBJECTS))
    await other.close()


async def test_a_temporary_topic_that_is_lost_stays_away(hub: RabbitHub, topic: Topic) -> None:
    await hub.declare(replace(topic, temporary=True))
    await hub.delete(topic.name)
    for _ in range(2):
        with pytest.raises(Unavailable):
            await hub.publish(outgoing(topic))
        with pytest.raises(Unavailable):
            await anext(hub.read(topic.name, from_the_beginning(topic)))


@pytest.mark.parametrize("lost", ["0", "2", "description"])
async def test_a_topic_that_has_lost_a_stream_is_another_incarnation(
    hub: RabbitHub, topic: Topic, others: AbstractChannel, lost: str
) -> None:
    """All the rest of it is kept."""
    await publish_all(hub, some_of_each(topic, 3))
    before = await hub.incarnation(topic.name)
    await others.queue_delete(f"{topic.name}-{lost}")
    await hub.declare(replace(topic, partitions=3 if lost == "description" else 5))
    assert await hub.incarnation(topic.name) != before
    await publish_all(hub, some_of_each(topic, 1, 3))
    found = numbers_of(await read_to_end(hub, topic, from_the_beginning(topic)))
    for subject in SUBJECTS:
        kept = str(topic.partition_of(subject)) != lost
        assert found[subject] == ([0, 1, 2, 3] if kept else [3])


async def test_a_creation_that_was_interrupted_is_finished(
    hub: RabbitHub, others: AbstractChannel, monkeypatch: pytest.MonkeyPatch
) -> None:
    """After its streams, and after an empty one for the description."""
    monkeypatch.setattr("chassis.hub.rabbitmq.topics._WRITING", 0.5)
    topic = a_topic()
    for name in ("0", "description"):
        await others.declare_queue(
            f"{topic.name}-{name}", durable=True, arguments={"x-queue-type": "stream"}
        )
    await hub.declare(topic)
    await publish_all(hub, some_of_each(topic, 2))
    records = await read_to_end(hub, topic, from_the_beginning(topic))
    assert numbers_of(records) == {subject: [0, 1] for subject in SUBJECTS}


async def test_a_topic_that_is_there_no_more_can_be_deleted(hub: RabbitHub) -> None:
    topic = a_topic()
    await hub.declare(topic)
    for _ in range(3):
        await hub.delete(topic.name)


async def test_a_stopped_server_is_noticed(rabbitmq_server: RabbitServer) -> None:
    """Its connections stay open, but it is silent."""
    hub = await connect_rabbitmq(f"{rabbitmq_server.url}?heartbeat=1", "test")
    topic = a_topic()
    await hub.declare(topic)
    async with Reading(hub, topic) as reading:
        await reading.wait_for_end()
        rabbitmq_server.signal(signal.SIGSTOP)
        publishing = asyncio.create_task(hub.publish(outgoing(topic, number=1)))
        await until(lambda: reading.failures)
        with pytest.raises(Unavailable):
            await publishing
        assert hub.status() != "ok"
        rabbitmq_server.signal(signal.SIGCONT)
        await publish_at_last(hub, outgoing(topic, number=2))
        await until(lambda: 2 in numbers_of(reading.records)["s"])
    await hub.close()


def test_requests_that_the_client_ends_are_unavailable() -> None:
    """It raises the bare class for them if their connection is lost; no other one is hidden."""
    with pytest.raises(Unavailable, match="the connection was closed"), translating():
        raise Exception  # as the client does
    with pytest.raises(KeyError), translating():
        raise KeyError


async def test_connections_that_break_and_hang(rabbitmq_server: RabbitServer) -> None:
    """Again and again, while messages are published and read: none is lost or out of order."""
    proxy = Proxy(rabbitmq_server.port)
    await proxy.start()
    url = rabbitmq_server.url.replace(str(rabbitmq_server.port), str(proxy.port))
    hub = await connect_rabbitmq(url, "test")
    topic = a_topic()
    await hub.declare(topic)
    published = 0
    async with Reading(hub, topic) as reading:

        async def publish(more: int) -> None:
            nonlocal published
            for number in range(published, published + more):
                await asyncio.gather(
                    *(publish_at_last(hub, outgoing(topic, s, number)) for s in SUBJECTS)
                )
            published += more

        for turn in range(6):
            publishing = asyncio.create_task(publish(20))
            await asyncio.sleep(0.05)
            if turn % 2:
                proxy.hang()
                await asyncio.sleep(0.3)
            else:
                proxy.cut()
                await until(lambda: hub.status() != "ok")
            proxy.mend()
            await publishing
        wanted = set(range(published))
        await until(lambda: all(set(numbers_of(reading.records)[s]) == wanted for s in SUBJECTS))
    assert reading.failures >= 3
    for numbers in numbers_of(reading.records).values():
        assert list(dict.fromkeys(numbers)) == sorted(wanted)
    await hub.close()
    await proxy.stop()


async def test_a_server_without_memory_still_serves_readers(
    hub: RabbitHub, topic: Topic, rabbitmq_server: RabbitServer
) -> None:
    await publish_all(hub, some_of_each(topic, 2))
    control = rabbitmq_server.control
    await asyncio.to_thread(control, "set_vm_memory_high_watermark", "absolute", "1MB")
    try:
        publishing = asyncio.create_task(hub.publish(outgoing(topic)))
        done, _ = await asyncio.wait([publishing], timeout=0.3)
        assert not done
        records = await read_to_end(hub, topic, from_the_beginning(topic))
        assert len(records) == 2 * len(SUBJECTS)
    finally:
        await asyncio.to_thread(control, "set_vm_memory_high_watermark", "absolute", "512MB")
    await publishing


async def test_a_publish_that_is_cancelled_can_be_repeated(hub: RabbitHub, topic: Topic) -> None:
    message = outgoing(topic)
    publishing = asyncio.create_task(hub.publish(message))
    await asyncio.sleep(0)
    publishing.cancel()
    await asyncio.gather(publishing, return_exceptions=True)
    await hub.publish(message)
    [record] = await read_to_end(hub, topic, from_the_beginning(topic))
    assert record.data == message.data


async def test_readers_that_are_cancelled_stop_nobody(hub: RabbitHub, topic: Topic) -> None:
    """At any moment, while much is on its way to them."""
    await publish_all(hub, some_of_each(topic, 50))
    before = hub._connection
    for turn in range(40):
        reading = asyncio.create_task(read_to_end(hub, topic, from_the_beginning(topic)))
        await asyncio.sleep(turn * 0.002)
        reading.cancel()
        await asyncio.gather(reading, return_exceptions=True)
    async with asyncio.timeout(10):
        await hub.end(topic.name)
    assert hub._connection is before
    assert hub.status() == "ok"


async def test_requests_end_with_the_connection(rabbitmq_server: RabbitServer) -> None:
    proxy = Proxy(rabbitmq_server.port)
    await proxy.start()
    url = rabbitmq_server.url.replace(str(rabbitmq_server.port), str(proxy.port))
    hub = await connect_rabbitmq(url, "test")
    topic = a_topic()
    await hub.declare(topic)
    proxy.hang()
    requests = [
        asyncio.create_task(hub.end(topic.name)),
        asyncio.create_task(hub.incarnation(topic.name)),
        asyncio.create_task(hub.backlog(topic.name, {0: 0})),
        asyncio.create_task(read_to_end(hub, topic, {0: 0})),
        asyncio.create_task(hub.publish(outgoing(topic))),
    ]
    await asyncio.sleep(0.1)
    assert not any(request.done() for request in requests)
    proxy.cut()
    results = await asyncio.gather(*requests, return_exceptions=True)
    assert {type(result) for result in results} == {Unavailable}
    proxy.mend()
    await at_last(lambda: hub.publish(outgoing(topic)))
    await hub.close()
    await proxy.stop()


async def test_the_first_server_that_is_there_is_used(rabbitmq_server: RabbitServer) -> None:
    url = rabbitmq_server.url.replace("127.0.0.1:", "127.0.0.1:1,127.0.0.1:")
    hub = await connect_rabbitmq(url, "test")
    assert hub.status() == "ok"
    await hub.close()


async def test_no_server_is_unavailable(rabbitmq_server: RabbitServer) -> None:
    with pytest.raises(Unavailable, match="event hub"):
        await connect_rabbitmq("rabbitmq://127.0.0.1:1", "test")
    with pytest.raises(Unavailable, match="event hub"):
        await connect_rabbitmq(rabbitmq_server.url.replace("guest:guest", "guest:no"), "test")


async def test_idle_readers_cost_little(hub: RabbitHub, topic: Topic) -> None:
    async with AsyncExitStack() as stack:
        for _ in range(20):
            reading = await stack.enter_async_context(Reading(hub, topic))
            await reading.wait_for_end()
        busy = time.process_time()
        await asyncio.sleep(2)
        assert time.process_time() - busy < 0.2


def _listed(server: RabbitServer, what: str, *columns: str) -> list[dict[str, object]]:
    rows: list[dict[str, object]] = json.loads(
        server.control(f"list_{what}", *columns, "--formatter", "json")
    )
    return rows


async def test_a_user_needs_permissions_for_its_topics_only(
    rabbitmq_server: RabbitServer,
) -> None:
    name, topic = f"u{uuid4().hex[:10]}", a_topic()
    pattern = f"^({topic.name}.*|amq\\.default)$"
    await asyncio.to_thread(rabbitmq_server.control, "add_user", name, "secret")
    await asyncio.to_thread(
        rabbitmq_server.control, "set_permissions", name, pattern, pattern, pattern
    )
    url = rabbitmq_server.url.replace("guest:guest", f"{name}:secret")
    hub = await connect_rabbitmq(url, "test")
    await hub.declare(topic)
    await hub.publish(outgoing(topic, number=1))
    assert len(await read_to_end(hub, topic, from_the_beginning(topic))) == 1
    await hub.delete(topic.name)
    with pytest.raises(Unavailable, match="ACCESS_REFUSED"):
        await hub.declare(a_topic())
    await hub.close()


async def test_connections_with_tls(tmp_path: Path) -> None:
    """The certificate of the server is verified."""
    server = RabbitServer(tmp_path)
    [port] = free_ports(1)
    authority, certificate, key = (server.home / name for name in ("ca.pem", "cert.pem", "key.pem"))
    _certify(authority, certificate, key)
    server.settings = {
        "listeners.ssl.1": f"127.0.0.1:{port}",
        "ssl_options.certfile": str(certificate),
        "ssl_options.keyfile": str(key),
    }
    try:
        server.start()
        url = f"amqps://guest:guest@localhost:{port}"
        hub = await connect_rabbitmq(f"{url}?cafile={authority}", "test")
        topic = a_topic()
        await hub.declare(topic)
        await hub.publish(outgoing(topic, number=1))
        records = await read_to_end(hub, topic, from_the_beginning(topic))
        assert numbers_of(records) == {"s": [1]}
        await hub.close()
        with pytest.raises(Unavailable, match="certificate verify failed"):
            await connect_rabbitmq(url, "test")
    finally:
        server.remove()


def _certify(authority: Path, certificate: Path, key: Path) -> None:
    """Write a certificate for localhost, of an authority of its own."""
    keys = [ec.generate_private_key(ec.SECP256R1()) for _ in range(2)]
    names = [
        x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)]) for name in ("ca", "localhost")
    ]
    now = datetime.now(UTC)
    for own, path in enumerate((authority, certificate)):
        signed = (
            x509.CertificateBuilder()
            .subject_name(names[own])
            .issuer_name(names[0])
            .public_key(keys[own].public_key())
            .serial_number(x509.random_serial_number())
            .not_valid_before(now - timedelta(hours=1))
            .not_valid_after(now + timedelta(days=1))
            .add_extension(x509.BasicConstraints(ca=not own, path_length=None), critical=True)
            .add_extension(x509.SubjectAlternativeName([x509.DNSName("localhost")]), critical=False)
            .sign(keys[0], hashes.SHA256())
        )
        path.write_bytes(signed.public_bytes(Encoding.PEM))
    pem = keys[1].private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    key.write_bytes(pem)
