"""What every store must do. An adapter's tests inherit this and provide `store` and `reopen`."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime, timedelta
from typing import Any, TypeAlias
from uuid import UUID, uuid4

import pytest
from chassis.envelope import Envelope, Outgoing
from chassis.errors import AlreadyHandled, Conflict
from chassis.store.port import (
    Append,
    Collection,
    Commit,
    Delete,
    Handled,
    Kind,
    Put,
    Query,
    Scalar,
    Sort,
    Store,
    Timer,
)

NOW = datetime(2030, 1, 1, 12, tzinfo=UTC)
THINGS = Collection(
    name="things",
    fields=(
        ("owner", Kind.PLAIN),
        ("n", Kind.PLAIN),
        ("open", Kind.PLAIN),
        ("price", Kind.DECIMAL),
        ("at", Kind.INSTANT),
    ),
    indexes=((Sort("owner"), Sort("at", descending=True)),),
)

Reopen: TypeAlias = Callable[[], Awaitable[Store]]


def envelope(subject: str = "s", number: int = 1) -> Envelope:
    return Envelope(
        id=uuid4(),
        source="/test/unit",
        type="test.Happened.v1",
        subject=subject,
        time=NOW,
        data={"text": 'a "quoted" ü \u0000 text', "number": "1.10"},
        correlation_id=uuid4(),
        causation_id=uuid4(),
        traceparent="00-" + "1" * 32 + "-" + "2" * 16 + "-01",
        sequence=number,
    )


def put(id: str, version: int = 1, expected: int | None = None, **data: Any) -> Put:
    return Put(
        collection="things",
        id=id,
        data=json.dumps(data),
        expected=version - 1 if expected is None else expected,
        version=version,
    )


def timer(id: str, due: datetime) -> Timer:
    return Timer(id=id, due=due, handler="h", data="d")


class StoreContract:
    """Inherited by the tests of every adapter."""

    async def test_a_document_is_read_as_it_was_written(self, store: Store) -> None:
        await store.commit(Commit(puts=(put("1", owner="ü"),)))
        found = await store.get("things", "1")
        assert found is not None
        assert (found.id, found.version, json.loads(found.data)) == ("1", 1, {"owner": "ü"})

    async def test_what_was_not_written_is_not_there(self, store: Store) -> None:
        assert await store.get("things", "nobody") is None
        assert await store.history("nothing") == ()
        assert await store.handled("never") is None
        assert await store.pending(10) == ()
        assert await store.next_due() is None

    async def test_everything_survives_reopening(self, store: Store, reopen: Reopen) -> None:
        sent = Outgoing("t", envelope())
        await store.commit(
            Commit(
                puts=(put("1", n=1),),
                appends=(Append(stream="x", expected=0, events=(sent.envelope,)),),
                outbox=(sent,),
                inbox="m",
                result="r",
                set_timers=(timer("t", NOW),),
            )
        )
        store = await reopen()
        assert await store.get("things", "1") is not None
        assert await store.history("x") == (sent.envelope,)
        assert [pending.outgoing for pending in await store.pending(10)] == [sent]
        assert await store.handled("m") == Handled("r")
        assert await store.due(NOW, 10) == (timer("t", NOW),)

    @pytest.mark.parametrize("stale", [put("1", 1), put("1", 3), put("2", 2)])
    async def test_a_document_at_another_version_conflicts(self, store: Store, stale: Put) -> None:
        await store.commit(Commit(puts=(put("1", 1, n=1),)))
        with pytest.raises(Conflict):
            await store.commit(Commit(puts=(stale,)))

    async def test_versions_may_jump(self, store: Store) -> None:
        await store.commit(Commit(puts=(put("1", 3, expected=0),)))
        await store.commit(Commit(puts=(put("1", 5, expected=3, n=2),)))
        found = await store.get("things", "1")
        assert found is not None
        assert found.version == 5

    async def test_a_document_is_deleted_at_its_version_only(self, store: Store) -> None:
        await store.commit(Commit(puts=(put("1"),)))
        with pytest.raises(Conflict):
            await store.commit(Commit(deletes=(Delete(collection="things", id="1", expected=2),)))
        await store.commit(Commit(deletes=(Delete(collection="things", id="1", expected=1),)))
        assert await store.get("things", "1") is None

    async def test_history_is_in_order(self, store: Store) -> None:
        events = tuple(envelope(number=number) for number in range(1, 4))
        await store.commit(Commit(appends=(Append(stream="x", expected=0, events=events[:2]),)))
        await store.commit(Commit(appends=(Append(stream="x", expected=2, events=events[2:]),)))
        assert await store.history("x") == events
        assert await store.history("y") == ()

    @pytest.mark.parametrize("expected", [0, 2])
    async def test_a_stream_at_another_version_conflicts(self, store: Store, expected: int) -> None:
        first = Append(stream="x", expected=0, events=(envelope(),))
        await store.commit(Commit(appends=(first,)))
        with pytest.raises(Conflict):
            await store.commit(
                Commit(appends=(Append(stream="x", expected=expected, events=(envelope(),)),))
            )

    async def test_a_message_is_handled_once(self, store: Store) -> None:
        await store.commit(Commit(inbox="m", result="first"))
        with pytest.raises(AlreadyHandled) as raised:
            await store.commit(Commit(inbox="m", result="second", puts=(put("1"),)))
        assert raised.value.result == "first"
        assert await store.handled("m") == Handled("first")
        assert await store.get("things", "1") is None

    async def test_handled_before_conflict(self, store: Store) -> None:
        """A message that comes again must not look like a lost race."""
        await store.commit(Commit(inbox="m", puts=(put("1"),)))
        with pytest.raises(AlreadyHandled):
            await store.commit(Commit(inbox="m", puts=(put("1"),)))

    async def test_a_conflict_writes_nothing(self, store: Store) -> None:
        await store.commit(Commit(puts=(put("1"),)))
        with pytest.raises(Conflict):
            await store.commit(
                Commit(
                    puts=(put("2"), put("1")),
                    appends=(Append(stream="x", expected=0, events=(envelope(),)),),
                    outbox=(Outgoing("t", envelope()),),
                    inbox="m",
                    set_timers=(timer("t", NOW),),
                )
            )
        assert await store.get("things", "2") is None
        assert await store.history("x") == ()
        assert await store.pending(10) == ()
        assert await store.handled("m") is None
        assert await store.next_due() is None

    async def test_of_racing_writers_one_wins(self, store: Store) -> None:
        commits = [
            store.commit(Commit(appends=(Append(stream="x", expected=0, events=(envelope(),)),)))
            for _ in range(20)
        ]
        results = await asyncio.gather(*commits, return_exceptions=True)
        assert [type(result) for result in results if result] == [Conflict] * 19
        assert len(await store.history("x")) == 1

    async def test_the_outbox_keeps_the_order_of_commits(self, store: Store) -> None:
        sent = [Outgoing("t", envelope(number=number)) for number in range(20)]
        await store.commit(Commit(outbox=tuple(sent[:2])))
        await asyncio.gather(*(store.commit(Commit(outbox=(out,))) for out in sent[2:]))
        pending = await store.pending(100)
        assert [message.outgoing for message in pending] == sent
        assert [message.outgoing for message in await store.pending(3)] == sent[:3]

    async def test_what_is_published_leaves_the_outbox(self, store: Store) -> None:
        sent = [Outgoing("t", envelope()) for _ in range(3)]
        await store.commit(Commit(outbox=tuple(sent)))
        first, second, _ = await store.pending(10)
        await store.published((first.position, second.position))
        await store.published(())
        assert [message.outgoing for message in await store.pending(10)] == [sent[2]]

    async def test_timers_are_due_in_order(self, store: Store) -> None:
        later, soon = timer("later", NOW + timedelta(seconds=2)), timer("soon", NOW)
        await store.commit(Commit(set_timers=(later, soon)))
        assert await store.next_due() == NOW
        assert await store.due(NOW - timedelta(microseconds=1), 10) == ()
        assert await store.due(NOW + timedelta(seconds=1), 10) == (soon,)
        assert await store.due(NOW + timedelta(seconds=2), 10) == (soon, later)
        assert await store.due(NOW + timedelta(seconds=2), 1) == (soon,)

    async def test_timers_are_replaced_and_dropped(self, store: Store) -> None:
        await store.commit(Commit(set_timers=(timer("t", NOW), timer("u", NOW))))
        moved = timer("t", NOW + timedelta(days=1))
        await store.commit(Commit(set_timers=(moved,), drop_timers=("u", "never set")))
        assert await store.due(NOW + timedelta(days=2), 10) == (moved,)

    async def test_old_messages_are_forgotten(self, store: Store) -> None:
        await store.commit(Commit(inbox="m"))
        await store.forget(datetime.now(UTC) - timedelta(minutes=1))
        assert await store.handled("m") is not None
        await store.forget(datetime.now(UTC) + timedelta(minutes=1))
        assert await store.handled("m") is None

    async def test_a_store_that_works_answers_a_ping(self, store: Store) -> None:
        await store.ping()

    @pytest.mark.parametrize(
        ("field", "value", "ids"),
        [
            ("owner", "b", ["1", "3"]),
            ("n", 10, ["3"]),
            ("open", True, ["2"]),
            ("open", False, ["1"]),
            ("open", None, ["3"]),
            ("price", "19.90", ["1"]),
            ("price", "1.99E+1", ["1"]),
            ("at", "2030-01-01T01:00:00+01:00", ["1"]),
            ("owner", "b' OR 1=1 --", []),
        ],
    )
    async def test_documents_are_found_by_equality(
        self, store: Store, field: str, value: Scalar, ids: list[str]
    ) -> None:
        first = put("1", owner="b", n=9, open=False, price="19.9", at="2030-01-01T00:00:00Z")
        await store.commit(Commit(puts=(first,)))
        second = put("2", owner="a", n=8, open=True, price="9.90", at="2030-01-01T00:00:00.5Z")
        await store.commit(Commit(puts=(second, put("3", owner="b", n=10))))
        query = Query(collection="things", where=((field, value),), limit=10)
        assert [found.id for found in await store.find(query)] == ids

    @pytest.mark.parametrize(
        ("sort", "values", "expected"),
        [
            (Sort("price"), ["10", "9.99", "-1", "1E+3"], ["-1", "9.99", "10", "1E+3"]),
            (
                Sort("price"),
                ["12345678901234567890.02", "12345678901234567890.01"],
                ["12345678901234567890.01", "12345678901234567890.02"],
            ),
            (
                Sort("at"),
                ["2030-01-01T00:00:00.5Z", "2030-01-01T00:00:00Z", "2030-01-01T00:30:00+01:00"],
                ["2030-01-01T00:30:00+01:00", "2030-01-01T00:00:00Z", "2030-01-01T00:00:00.5Z"],
            ),
            (Sort("n", descending=True), [9, 10, -1], [10, 9, -1]),
            (Sort("open"), [True, False], [False, True]),
            (Sort("owner"), ["b", "B", None, "ä"], [None, "B", "b", "ä"]),
            (Sort("owner", descending=True), ["b", None, "ä"], ["ä", "b", None]),
        ],
    )
    async def test_documents_are_sorted(
        self, store: Store, sort: Sort, values: list[Scalar], expected: list[Scalar]
    ) -> None:
        data: list[dict[str, Any]] = [{sort.field: value} for value in values]
        puts = tuple(put(str(n), **fields) for n, fields in enumerate(data))
        await store.commit(Commit(puts=puts))
        found = await store.find(Query(collection="things", sort=(sort,), limit=10))
        assert [json.loads(document.data)[sort.field] for document in found] == expected

    async def test_a_search_goes_on_behind_a_document(self, store: Store) -> None:
        puts = [put(str(UUID(int=n)), owner="o", n=n // 2) for n in range(6)]
        await store.commit(Commit(puts=tuple(puts)))
        query = Query(
            collection="things",
            where=(("owner", "o"),),
            sort=(Sort("n", descending=True),),
            after=(1, str(UUID(int=2))),
            limit=2,
        )
        assert [UUID(found.id).int for found in await store.find(query)] == [3, 0]
