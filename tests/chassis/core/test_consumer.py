"""What becomes of messages that cannot be handled: retried, given up, given back."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any
from uuid import uuid4

import pytest
from chassis import trace
from chassis.clock import utc_now
from chassis.dead_letters import DeadLetter, DeadLetterPublisher, dead_letters, replay
from chassis.envelope import Envelope, Undecodable
from chassis.errors import Conflict, Unavailable
from chassis.messages import Catalog, Message
from chassis.runtime.consumer import Consumer, Reaction
from chassis.testing.memory_hub import MemoryHub

from . import market
from .running import FAST, Running, do, eventually

TOPIC = "test.product.events"


def envelope(**data: Any) -> Envelope:
    return Envelope(
        id=uuid4(),
        source="/test/product",
        type="ProductListed",
        subject="s",
        time=datetime.now(UTC),
        data=data or {"product_id": str(uuid4()), "name": "x", "price": "1.50"},
        correlation_id=uuid4(),
        traceparent="00-" + "1" * 32 + "-" + "2" * 16 + "-01",
    )


class Handler:
    """Fails as it is told, then remembers."""

    def __init__(self, *errors: Exception) -> None:
        self.errors = list(errors)
        self.calls = 0
        self.got: list[Message] = []

    async def __call__(self, message: Message, envelope: Envelope) -> None:
        self.calls += 1
        if self.errors:
            raise self.errors.pop(0)
        self.got.append(message)


class Fixture:
    def __init__(self, messages: Catalog, *handlers: Callable[..., Awaitable[None]]) -> None:
        self.messages = messages
        self.hub = MemoryHub()
        dead_letters = DeadLetterPublisher("unit", messages, self.hub, utc_now)
        reactions = {"ProductListed": Reaction(market.ProductListed, handlers)}
        self.consumer = Consumer(TOPIC, "group", reactions, dead_letters, FAST)
        self.strict = Consumer(TOPIC, "group", reactions, dead_letters, FAST, strict=True)

    async def letters(self) -> list[DeadLetter]:
        return [letter async for letter in dead_letters(self.hub, self.messages)]


async def test_a_message_is_decoded_and_handled(messages: Catalog) -> None:
    handler = Handler()
    await Fixture(messages, handler).consumer.deliver(envelope().to_json())
    (got,) = handler.got
    assert isinstance(got, market.ProductListed)
    assert got.price == Decimal("1.50")


async def test_unknown_fields_and_types_are_tolerated(messages: Catalog) -> None:
    handler = Handler()
    fixture = Fixture(messages, handler)
    known = {"product_id": str(uuid4()), "name": "x", "price": "1", "color": "new field"}
    await fixture.consumer.deliver(envelope(**known).to_json())
    other = envelope().to_json().replace(b"ProductListed", b"SomethingNew")
    await fixture.consumer.deliver(other)
    assert len(handler.got) == 1
    assert await fixture.letters() == []


async def test_an_unknown_command_is_a_dead_letter(messages: Catalog) -> None:
    fixture = Fixture(messages, Handler())
    other = envelope().to_json().replace(b"ProductListed", b"SomethingNew")
    await fixture.strict.deliver(other)
    (letter,) = await fixture.letters()
    assert "no handler for messages of type SomethingNew" in letter.reason


async def test_a_failing_message_is_tried_again(messages: Catalog) -> None:
    handler = Handler(ValueError("one"), KeyError("two"))
    fixture = Fixture(messages, handler)
    await fixture.consumer.deliver(envelope().to_json())
    assert (handler.calls, len(handler.got)) == (3, 1)
    assert await fixture.letters() == []


async def test_a_poison_message_becomes_a_dead_letter_with_the_reason(messages: Catalog) -> None:
    handler = Handler(*(ValueError("it is poison") for _ in range(9)))
    fixture = Fixture(messages, handler)
    poison = envelope()
    await fixture.consumer.deliver(poison.to_json())
    (letter,) = await fixture.letters()
    assert handler.calls == letter.attempts == 3
    assert letter.reason == "ValueError: it is poison"
    assert (letter.topic, letter.group) == (TOPIC, "group")
    assert Envelope.from_json(letter.message.encode()) == poison
    (published,) = fixture.hub.published
    assert published.envelope.correlation_id == poison.correlation_id


@pytest.mark.parametrize(
    "raw",
    [
        b"",
        b"\xff\xfe not utf-8",
        b"[]",
        b"{}",
        b"null",
        b'"text"',
        b"[" * 100_000,
        envelope().to_json().replace(b'"1.0"', b'"2.0"'),
        envelope(product_id="no uuid", name="x", price="1").to_json(),
        envelope(name="x").to_json(),
    ],
)
async def test_what_cannot_be_decoded_is_a_dead_letter_at_once(
    messages: Catalog, raw: bytes
) -> None:
    handler = Handler()
    fixture = Fixture(messages, handler)
    await fixture.consumer.deliver(raw)
    (letter,) = await fixture.letters()
    assert (handler.calls, letter.attempts) == (0, 0)


async def test_what_is_unavailable_does_not_count(messages: Catalog) -> None:
    """While a database is down, messages wait: they are not poison."""
    handler = Handler(*(Unavailable("down") for _ in range(10)), Conflict())
    fixture = Fixture(messages, handler)
    await fixture.consumer.deliver(envelope().to_json())
    assert len(handler.got) == 1
    assert await fixture.letters() == []


async def test_each_handler_is_tried_by_itself(messages: Catalog) -> None:
    before, poison, after = Handler(), Handler(*(ValueError() for _ in range(9))), Handler()
    fixture = Fixture(messages, before, poison, after)
    await fixture.consumer.deliver(envelope().to_json())
    assert (before.calls, poison.calls, after.calls) == (1, 3, 1)
    assert len(await fixture.letters()) == 1


async def test_a_dead_letter_waits_for_the_hub(messages: Catalog) -> None:
    fixture = Fixture(messages, Handler(*(ValueError() for _ in range(9))))
    publish, failures = fixture.hub.publish, 3

    async def fail(*args: Any, **options: Any) -> None:
        nonlocal failures
        failures -= 1
        if failures > 0:
            raise Unavailable("down")
        await publish(*args, **options)

    fixture.hub.publish = fail  # type: ignore[method-assign]
    await fixture.consumer.deliver(envelope().to_json())
    assert len(await fixture.letters()) == 1


async def test_stopping_gives_a_waiting_message_back(messages: Catalog) -> None:
    handler = Handler(*(Unavailable("down") for _ in range(10_000)))
    fixture = Fixture(messages, handler)
    delivery = asyncio.create_task(fixture.consumer.deliver(envelope().to_json()))
    while handler.calls < 2:  # noqa: ASYNC110
        await asyncio.sleep(0.005)
    await fixture.consumer.stop()
    with pytest.raises(Unavailable):
        await delivery


async def test_the_work_continues_the_trace(messages: Catalog) -> None:
    seen: list[trace.Trace | None] = []

    async def look(message: Message, envelope: Envelope) -> None:
        seen.append(trace.current())

    sent = envelope()
    await Fixture(messages, look).consumer.deliver(sent.to_json())
    (current,) = seen
    assert current is not None
    assert (current.correlation_id, current.causation_id) == (sent.correlation_id, sent.id)
    assert current.traceparent != sent.traceparent
    assert trace.parse(current.traceparent) == trace.parse(sent.traceparent)
    assert trace.current() is None


async def test_a_poison_message_stops_nobody_and_can_be_replayed(running: Running) -> None:
    """On the real hub: others go on, and after the mistake is mended nothing is missing."""
    messages, broken = running.messages, True

    def project(row: market.PriceRow | None, event: market.ProductListed) -> market.PriceRow:
        if broken and event.name == "poison":
            raise ValueError("cannot take this")
        return market.PriceRow(product_id=event.product_id, price=event.price, changes=0)

    products = await running.service(market.product_service(messages))
    prices = await running.projection(market.prices(messages, project))
    poison, good = uuid4(), [uuid4() for _ in range(9)]
    for id in (poison, *good):
        name = "poison" if id == poison else "good"
        await do(products, market.ListProduct(product_id=id, name=name, price=Decimal(1)))

    async def count() -> int:
        return len((await prices.search({}, {}, (), 99)).items)

    async def letters() -> list[DeadLetter]:
        return [letter async for letter in dead_letters(running.hub, messages)]

    await eventually(count, lambda n: n == 9)
    (letter,) = await eventually(letters, lambda letters: len(letters) == 1)
    assert letter.reason == "ValueError: cannot take this"

    await replay(running.hub, messages, letter)  # too early: it fails again, and is kept again
    (letter,) = await eventually(
        letters, lambda letters: letters and letters[0].position != letter.position
    )
    broken = False
    await replay(running.hub, messages, letter)
    await eventually(count, lambda n: n == 10)
    assert await letters() == []


async def test_what_never_was_a_message_cannot_be_replayed(running: Running) -> None:
    publisher = DeadLetterPublisher("unit", running.messages, running.hub, utc_now)
    async for _ in dead_letters(running.hub, running.messages):
        pass
    await publisher.publish(b"no message", running.messages.topics[0], "g", ValueError("x"), 1)
    (letter,) = [letter async for letter in dead_letters(running.hub, running.messages)]
    with pytest.raises(Undecodable):
        await replay(running.hub, running.messages, letter)
    assert len([_ async for _ in dead_letters(running.hub, running.messages)]) == 1
