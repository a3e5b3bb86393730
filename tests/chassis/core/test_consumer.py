"""What becomes of messages: handled in batches, retried, given up, given back."""

from __future__ import annotations

from collections.abc import AsyncIterator
from decimal import Decimal
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest
from chassis import trace
from chassis.clock import utc_now
from chassis.dead_letters import DeadLetter, DeadLetters, State
from chassis.envelope import Envelope
from chassis.errors import Conflict, TooLarge, Unavailable
from chassis.messages import Catalog, Message
from chassis.runtime import attempts, consumer
from chassis.runtime.retries import Retry
from chassis.runtime.work import Work
from chassis.store.port import Commit, Received
from chassis.store.sqlite.store import SqliteStore, open_sqlite

from tests.waiting import PATIENCE, until

from . import market
from .consuming import Consuming, Handler, envelope, outgoing
from .running import Running, do, eventually


@pytest.fixture
async def store(tmp_path: Path) -> AsyncIterator[SqliteStore]:
    store = open_sqlite(tmp_path / "unit.db")
    yield store
    await store.close()


@pytest.fixture
async def handler() -> Handler:
    return Handler()


@pytest.fixture
async def consuming(
    store: SqliteStore, messages: Catalog, handler: Handler
) -> AsyncIterator[Consuming]:
    consuming = Consuming(store, messages, handler)
    yield consuming
    await consuming.kill()


async def test_a_message_is_decoded_and_handled(consuming: Consuming, handler: Handler) -> None:
    await consuming.deliver(envelope())
    (got,) = handler.got
    assert isinstance(got, market.ProductListed)
    assert got.price == Decimal("1.50")


async def test_unknown_fields_and_types_are_tolerated(
    consuming: Consuming, handler: Handler
) -> None:
    known: dict[str, Any] = {
        "product_id": str(uuid4()),
        "name": "x",
        "price": "1",
        "color": "new field",
    }
    await consuming.deliver(envelope(**known), envelope(type="SomethingNew"))
    assert len(handler.got) == 1
    assert await consuming.dead() == []


async def test_an_unknown_command_is_a_dead_letter(
    store: SqliteStore, messages: Catalog, handler: Handler
) -> None:
    consuming = Consuming(store, messages, handler, strict=True)
    await consuming.deliver(envelope(type="SomethingNew"))
    (letter,) = await consuming.dead()
    assert "no handler for messages of type SomethingNew" in letter.reason
    await consuming.stop()


async def test_a_failing_message_is_tried_again(consuming: Consuming, handler: Handler) -> None:
    handler.fail(1, ValueError("one"), KeyError("two"))
    await consuming.deliver(envelope(number=1))
    assert handler.calls == {"s": [1, 1, 1]}
    assert await consuming.effects() == {"s": [1]}
    assert await consuming.dead() == []


async def test_a_poison_message_becomes_a_dead_letter_with_the_reason(
    consuming: Consuming, handler: Handler
) -> None:
    handler.fail(1, *(ValueError("it is poison") for _ in range(9)))
    poison = envelope(number=1)
    await consuming.deliver(poison, envelope(number=2))
    (letter,) = await consuming.dead()
    assert handler.calls["s"][:4] == [1] * 4  # in the batch, then in its lane
    assert letter.attempts == 3
    assert letter.reason == "ValueError: it is poison"
    assert (letter.topic, letter.group) == ("test.product.events", "group")
    assert (letter.type, letter.subject, letter.state) == ("ProductListed", "s", State.DEAD)
    assert Envelope.from_json(letter.message.encode()) == poison
    assert await consuming.effects() == {"s": [2]}  # nothing of the poison, and the next one


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
    consuming: Consuming, handler: Handler, raw: bytes
) -> None:
    await consuming.deliver(raw, envelope())
    (letter,) = await consuming.dead()
    assert (len(handler.got), letter.attempts) == (1, 0)
    assert letter.record.data == raw


async def test_text_that_cannot_be_stored_is_a_dead_letter(
    consuming: Consuming, handler: Handler
) -> None:
    """JSON can say a half of a surrogate pair, which is no character."""
    raw = envelope("SUBJECT").to_json().replace(b"SUBJECT", b"\\ud800")
    await consuming.deliver(raw, envelope())
    (letter,) = await consuming.dead()
    assert letter.record.data == raw
    assert await consuming.effects() == {"s": [0]}


async def test_too_large_is_a_dead_letter_at_once(consuming: Consuming, handler: Handler) -> None:
    handler.fail(1, *(TooLarge("t", 2, 1) for _ in range(2)))
    await consuming.deliver(envelope(number=1))
    (letter,) = await consuming.dead()
    assert letter.reason.startswith("TooLarge: t has 2 bytes")
    assert len(handler.calls["s"]) == 2  # no repetition mends it


async def test_what_is_unavailable_does_not_count(consuming: Consuming, handler: Handler) -> None:
    """While a database is down, messages wait: they are not poison."""
    handler.fail(
        1, ValueError("to its lane"), *(Unavailable("down") for _ in range(10)), Conflict()
    )
    await consuming.deliver(envelope(number=1))
    assert await consuming.effects() == {"s": [1]}
    assert await consuming.dead() == []


async def test_a_message_that_always_conflicts_becomes_a_dead_letter(
    consuming: Consuming, handler: Handler
) -> None:
    handler.fail(1, ValueError("to its lane"), *(Conflict() for _ in range(1000)))
    await consuming.deliver(envelope(number=1), envelope(number=2))
    (letter,) = await consuming.dead()
    assert (letter.reason, letter.attempts) == ("Conflict: ", 3)
    assert await consuming.effects() == {"s": [2]}


async def test_many_that_wait_for_another_attempt_hold_up_nobody(
    store: SqliteStore, messages: Catalog, monkeypatch: pytest.MonkeyPatch
) -> None:
    """More than are attempted at once, and each waits for long before its next attempt."""
    monkeypatch.setattr(attempts, "_AT_ONCE", 2)
    bad = [f"bad-{number}" for number in range(3)]
    handler = Handler()
    handler.fail(1, *(ValueError("bad") for _ in range(10_000)))
    patient = Retry(attempts=3, first=10 * PATIENCE, longest=10 * PATIENCE)
    consuming = Consuming(store, messages, handler, retry=patient)
    await consuming.begin()
    for subject in bad:
        consuming.hub.inject(outgoing(envelope(subject, 1)))
    await until(lambda: all(len(handler.calls[subject]) > 1 for subject in bad))
    handler.fail(2, ValueError("to its lane"))
    consuming.hub.inject(outgoing(envelope("good", 2)))
    await eventually(lambda: consuming.effects("good"), lambda effects: effects == {"good": [2]})
    await consuming.stop()


async def test_what_ignores_the_inbox_is_a_dead_letter_and_no_endless_loop(
    store: SqliteStore, messages: Catalog
) -> None:
    async def ignorant(message: Message, envelope: Envelope, work: Work) -> None:
        work.add(Commit(inbox=(Received("handled"),)))

    consuming = Consuming(store, messages, ignorant)
    await store.prepare(())
    await store.commit(Commit(inbox=(Received("handled"),)))
    await consuming.deliver(envelope())
    (letter,) = await consuming.dead()
    assert letter.reason.startswith("AlreadyHandled")
    await consuming.stop()


async def test_a_store_that_fails_for_a_while_holds_up_a_batch(consuming: Consuming) -> None:
    consuming.spy.before = [Unavailable("down"), Unavailable("down")]
    await consuming.deliver(*(envelope(number=number) for number in range(5)))
    assert await consuming.effects() == {"s": [0, 1, 2, 3, 4]}
    assert await consuming.dead() == []


async def test_the_handlers_of_a_message_succeed_or_fail_together(
    store: SqliteStore, messages: Catalog
) -> None:
    before, poison, after = Handler("before"), Handler("poison"), Handler("after")
    poison.fail(1, *(ValueError() for _ in range(9)))
    consuming = Consuming(store, messages, before, poison, after)
    await consuming.deliver(envelope(number=1), envelope("other", number=2))
    assert after.calls == {"other": [2]}
    assert await consuming.effects("s", "other") == {"other": [2, 2, 2]}
    assert len(await consuming.dead()) == 1
    await consuming.stop()


async def test_a_dead_letter_waits_for_the_store(
    consuming: Consuming, handler: Handler, monkeypatch: pytest.MonkeyPatch
) -> None:
    handler.fail(1, *(ValueError() for _ in range(9)))
    add, failures = consuming.letters.add, [Unavailable("down"), Unavailable("down")]

    async def fail(*args: Any, **options: Any) -> None:
        if failures:
            raise failures.pop()
        await add(*args, **options)

    monkeypatch.setattr(consuming.letters, "add", fail)
    await consuming.deliver(envelope(number=1))
    assert len(await consuming.dead()) == 1


@pytest.mark.parametrize("mended", [False, True])
async def test_a_crash_after_a_dead_letter_loses_and_doubles_nothing(
    store: SqliteStore, messages: Catalog, mended: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The process ends before the checkpoint moves; the next one fails, too, or does not."""
    monkeypatch.setattr(consumer, "_SAVE_AFTER", 1000 * PATIENCE)
    monkeypatch.setattr(consumer, "_SETTLE_AFTER", 1000 * PATIENCE)
    broken, handler = Handler(), Handler()
    broken.fail(1, *(ValueError("bad") for _ in range(9)))
    first = Consuming(store, messages, broken)
    await first.begin()
    first.hub.inject(outgoing(envelope(number=1)))
    first.hub.inject(outgoing(envelope(number=2)))
    await eventually(first.effects, lambda effects: effects == {"s": [2]})
    assert len(await first.dead()) == 1
    await first.kill()
    await first.membership.leave()
    assert set((await first.checkpoints.positions()).values()) == {0}
    if not mended:
        handler.fail(1, *(ValueError("bad") for _ in range(9)))
    second = Consuming(store, messages, handler, hub=first.hub)
    await second.begin()
    await second.settled()
    handler.errors[1].clear()
    ((letter, version),) = await second.letters.list()
    await second.letters.mark(letter, version, State.REPLAY, "")
    await second.replays.replay_marked()
    assert await second.letters.list() == ()
    assert await second.effects() == {"s": [2, 1]}
    await second.stop()


async def test_stopping_gives_a_waiting_message_back(store: SqliteStore, messages: Catalog) -> None:
    stuck, handler = Handler(), Handler()
    stuck.fail(1, ValueError("to its lane"), *(Unavailable("down") for _ in range(10_000)))
    first = Consuming(store, messages, stuck)
    await first.deliver(envelope("other"))
    first.hub.inject(outgoing(envelope(number=1)))
    first.hub.inject(outgoing(envelope(number=2)))
    await until(lambda: len(stuck.calls["s"]) > 3)
    await first.stop()
    second = Consuming(store, messages, handler, hub=first.hub)
    await second.begin()
    await second.settled()
    assert await second.effects("s", "other") == {"s": [1, 2], "other": [0]}
    assert await second.dead() == []
    await second.stop()


async def test_the_work_continues_the_trace(store: SqliteStore, messages: Catalog) -> None:
    seen: list[trace.Trace | None] = []

    async def look(message: Message, envelope: Envelope, work: Work) -> None:
        seen.append(trace.current())

    sent, consuming = envelope(), Consuming(store, messages, look)
    await consuming.deliver(sent)
    (current,) = seen
    assert current is not None
    assert (current.correlation_id, current.causation_id) == (sent.correlation_id, sent.id)
    assert current.traceparent != sent.traceparent
    assert trace.parse(current.traceparent) == trace.parse(sent.traceparent)
    assert trace.current() is None
    await consuming.stop()


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

    store = running.store("prices")
    await store.prepare((DeadLetters.collection,))
    letters = DeadLetters(store, utc_now)

    async def dead() -> list[tuple[DeadLetter, int]]:
        return list(await letters.list(State.DEAD))

    await eventually(count, lambda n: n == 9)
    ((letter, version),) = await eventually(dead, lambda found: len(found) == 1)
    assert letter.reason == "ValueError: cannot take this"

    await letters.mark(letter, version, State.REPLAY, "")  # too early: it fails again and stays
    ((letter, version),) = await eventually(dead, lambda found: found)
    assert letter.reason == "ValueError: cannot take this"
    broken = False
    await letters.mark(letter, version, State.REPLAY, letter.reason)
    await eventually(count, lambda n: n == 10)
    assert await letters.list() == ()
