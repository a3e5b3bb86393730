"""What every store must do, and what the store of a service must do besides.

The tests of an adapter inherit `StoreContract`, or `ReadModelContract` if it is for projections
only. They provide the fixtures `store`, `reopen` (close it and open
it again) and `open_another` (open the same data a second time, as another process does).
"""

from __future__ import annotations

import asyncio
import json
from collections.abc import Awaitable, Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from functools import cmp_to_key
from typing import Any, TypeAlias
from uuid import UUID, uuid4

import pytest
from chassis.envelope import Envelope, Outgoing
from chassis.errors import AlreadyHandled, Conflict, Duplicate
from chassis.store.port import (
    AccessPattern,
    Append,
    Collection,
    Commit,
    Condition,
    Delete,
    Field,
    Kind,
    Operator,
    Put,
    Query,
    Received,
    Scalar,
    Sort,
    Store,
    Stored,
    Timer,
    equal,
)

NOW = datetime(2030, 1, 1, 12, tzinfo=UTC)
THINGS = Collection(
    name="things",
    fields=(
        Field("owner", Kind.TEXT, optional=True),
        Field("n", Kind.INTEGER, optional=True),
        Field("open", Kind.BOOLEAN, optional=True),
        Field("price", Kind.DECIMAL, optional=True),
        Field("at", Kind.INSTANT, optional=True),
    ),
    patterns=(AccessPattern(by=("owner",), sort=(Sort("at", descending=True),)),),
)
PEOPLE = Collection(
    name="people",
    id="person_id",
    fields=(
        Field("person_id", Kind.UUID),
        Field("id", Kind.TEXT, optional=True),  # not the id
        Field("version", Kind.INTEGER, optional=True),  # not the version
        Field("name", Kind.TEXT),
        Field("email", Kind.TEXT, optional=True),
        Field("number", Kind.INTEGER),
        Field("weight", Kind.NUMBER),
        Field("balance", Kind.DECIMAL),
        Field("seen", Kind.INSTANT),
        Field("born", Kind.DATE),
        Field("friend", Kind.UUID, optional=True),
        Field("color", Kind.ENUM, values=("red", "it's blue")),
        Field("address", Kind.JSON),
    ),
    patterns=(AccessPattern(by=("name",), sort=(Sort("balance", descending=True),)),),
    unique=(("email",), ("name", "born")),
)
COLLECTIONS = (THINGS, PEOPLE)

ODD = "a\u0000\ufdd0\ufdd00\uffff\U0010ffff \\u0000"  # texts that some engines do not have

Open: TypeAlias = Callable[[], Awaitable[Store]]


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


def message(subject: str = "s", number: int = 1) -> Outgoing:
    return Outgoing.of("t", envelope(subject, number))


def append(*events: Outgoing, stream: str = "x", expected: int = 0) -> Commit:
    return Commit(appends=(Append(stream=stream, expected=expected, events=events),))


def put(id: str, version: int = 1, expected: int | None = None, **data: Any) -> Put:
    return Put(
        collection="things",
        id=id,
        data=json.dumps(data),
        expected=version - 1 if expected is None else expected,
        version=version,
    )


def delete(id: str, expected: int) -> Delete:
    return Delete(collection="things", id=id, expected=expected)


def received(*messages: str, result: str | None = None) -> tuple[Received, ...]:
    return tuple(Received(message, result) for message in messages)


def timer(id: str, due: datetime) -> Timer:
    return Timer(id=id, due=due, handler="h", data="d")


def person(no: int, at: int = 1, /, **data: Any) -> Put:
    id = str(UUID(int=no))
    written = {
        "person_id": id,
        "name": str(no),
        "number": no,
        "weight": 0.1,
        "balance": "0.00",
        "seen": "2030-01-01T00:00:00Z",
        "born": "2000-02-29",
        "color": "red",
        "address": {},
        **data,
    }
    return in_collection("people", id, at, **written)


def in_collection(collection: str, id: str, at: int, /, **data: Any) -> Put:
    text = json.dumps(data)
    return Put(collection=collection, id=id, data=text, expected=at - 1, version=at)


def content(stored: Stored | None) -> dict[str, Any]:
    """Return the values of a document in one form, without those that are missing."""
    assert stored is not None
    data = json.loads(stored.data)
    return {key: _value(key, value) for key, value in data.items() if value is not None}


def _value(key: str, value: Any) -> Any:
    if key in ("price", "balance"):
        return Decimal(value)
    return datetime.fromisoformat(value) if key in ("at", "seen") else value


class ReadModelContract:
    """What the store of a read model must do: documents, and the inbox."""

    async def test_a_document_is_read_as_it_was_written(self, store: Store) -> None:
        await store.commit(Commit(puts=(put("1", owner="ü"),)))
        found = await store.get("things", "1")
        assert found is not None
        assert (found.id, found.version, content(found)) == ("1", 1, {"owner": "ü"})

    async def test_what_was_not_written_is_not_there(self, store: Store) -> None:
        assert await store.get("things", "nobody") is None
        assert await store.get_many("things", ("nobody",)) == {}
        assert await store.history("nothing", limit=10) == ()
        assert await store.streams("", limit=10) == ()
        assert await store.handled(("never",)) == {}
        assert await store.pending(limit=10) == ()
        assert await store.outbox_size() == 0
        assert await store.due(NOW, 10) == ()
        assert await store.next_due() is None

    async def test_documents_and_the_inbox_survive_reopening(
        self, store: Store, reopen: Open
    ) -> None:
        await store.commit(Commit(puts=(put("1", n=1),), inbox=received("m", result="r")))
        store = await reopen()
        assert content(await store.get("things", "1")) == {"n": 1}
        assert await store.handled(("m",)) == {"m": "r"}

    async def test_several_documents_are_read_at_once(self, store: Store) -> None:
        ids = [str(n) for n in range(1000)]
        await store.commit(Commit(puts=tuple(put(id, n=int(id)) for id in ids)))
        found = await store.get_many("things", ("7", "no", "3"))
        assert {id: content(document) for id, document in found.items()} == {
            "3": {"n": 3},
            "7": {"n": 7},
        }
        assert (await store.get_many("things", tuple(ids))).keys() == set(ids)
        assert await store.get_many("things", ()) == {}

    @pytest.mark.parametrize("stale", [put("1", 1), put("1", 3), put("2", 2)])
    async def test_a_document_at_another_version_conflicts(self, store: Store, stale: Put) -> None:
        await store.commit(Commit(puts=(put("1", 1, n=1),)))
        with pytest.raises(Conflict):
            await store.commit(Commit(puts=(put("3"), stale, put("4"))))
        assert await store.get("things", "3") is None

    async def test_versions_may_jump(self, store: Store) -> None:
        await store.commit(Commit(puts=(put("1", 3, expected=0),)))
        await store.commit(Commit(puts=(put("1", 5, expected=3, n=2),)))
        found = await store.get("things", "1")
        assert found is not None
        assert found.version == 5

    async def test_new_and_changed_documents_of_one_commit(self, store: Store) -> None:
        await store.commit(Commit(puts=(put("1"), put("3"))))
        puts = (put("1", 2), put("2", n=2), put("3", 2), put("4", n=4))
        await store.commit(Commit(puts=puts))
        found = await store.get_many("things", ("1", "2", "3", "4"))
        assert [found[id].version for id in ("1", "2", "3", "4")] == [2, 1, 2, 1]

    async def test_a_document_is_deleted_at_its_version_only(self, store: Store) -> None:
        await store.commit(Commit(puts=(put("1"),)))
        with pytest.raises(Conflict):
            await store.commit(Commit(deletes=(delete("1", 2),)))
        await store.commit(Commit(deletes=(delete("1", 1),)))
        assert await store.get("things", "1") is None
        with pytest.raises(Conflict):
            await store.commit(Commit(deletes=(delete("1", 1),)))

    async def test_a_message_is_handled_once(self, store: Store) -> None:
        await store.commit(Commit(inbox=received("m", result="first")))
        with pytest.raises(AlreadyHandled) as raised:
            await store.commit(Commit(inbox=received("m", result="second"), puts=(put("1"),)))
        assert raised.value.results == {"m": "first"}
        assert await store.handled(("m",)) == {"m": "first"}
        assert await store.get("things", "1") is None

    async def test_all_handled_messages_of_a_commit_are_named(self, store: Store) -> None:
        await store.commit(Commit(inbox=(*received("b"), *received("d", result="r"))))
        with pytest.raises(AlreadyHandled) as raised:
            await store.commit(Commit(inbox=received("a", "b", "c", "d", "e")))
        assert raised.value.results == {"b": None, "d": "r"}
        assert await store.handled(("a", "b", "c", "d", "e")) == {"b": None, "d": "r"}
        await store.commit(Commit(inbox=received("a", "c", "e")))
        assert len(await store.handled(("a", "b", "c", "d", "e"))) == 5

    @pytest.mark.parametrize("messages", [("m", "m"), ("m", "old", "m"), ("m", "m", "old")])
    async def test_a_message_that_is_twice_in_a_commit_was_not_handled_before(
        self, store: Store, messages: tuple[str, ...]
    ) -> None:
        """Or whoever leaves out the messages that were handled would lose this one."""
        await store.commit(Commit(inbox=received("old")))
        with pytest.raises(ValueError, match="twice in one commit: m"):
            await store.commit(Commit(inbox=received(*messages)))
        assert await store.handled(("m",)) == {}

    async def test_handled_before_conflict(self, store: Store) -> None:
        """A message that comes again must not look like a lost race."""
        await store.commit(Commit(inbox=received("m"), puts=(put("1"),)))
        with pytest.raises(AlreadyHandled):
            await store.commit(Commit(inbox=received("new", "m"), puts=(put("1"),)))

    async def test_a_conflict_writes_no_document_and_no_inbox_entry(self, store: Store) -> None:
        await store.commit(Commit(puts=(put("1"),)))
        failing = Commit(puts=(put("2"), put("1")), inbox=received("m"))
        # Alone, and beside others that share the transaction.
        others = [store.commit(Commit(puts=(put(f"other{n}"),))) for n in range(9)]
        with pytest.raises(Conflict):
            await store.commit(failing)
        results = await asyncio.gather(
            *others[:5], store.commit(failing), *others[5:], return_exceptions=True
        )
        assert [type(result) for result in results if result] == [Conflict]
        assert len(await store.find(Query(collection="things", limit=20))) == 10
        assert await store.get("things", "2") is None
        assert await store.handled(("m",)) == {}

    async def test_of_racing_writers_one_wins(self, store: Store, open_another: Open) -> None:
        stores = (store, await open_another())
        commits = [stores[n % 2].commit(Commit(puts=(put("1", n=n),))) for n in range(20)]
        results = await asyncio.gather(*commits, return_exceptions=True)
        assert [type(result) for result in results if result] == [Conflict] * 19
        found = await store.get("things", "1")
        assert content(found) == {"n": next(n for n in range(20) if results[n] is None)}

    async def test_a_message_is_handled_by_one_of_two(
        self, store: Store, open_another: Open
    ) -> None:
        another = await open_another()
        commits = [
            side.commit(Commit(inbox=received("m"), puts=(put(str(n)),)))
            for n, side in enumerate([store, another] * 5)
        ]
        results = await asyncio.gather(*commits, return_exceptions=True)
        assert [type(result) for result in results if result] == [AlreadyHandled] * 9
        assert len(await another.find(Query(collection="things", limit=10))) == 1

    async def test_documents_are_compared_and_set_by_several(
        self, store: Store, open_another: Open
    ) -> None:
        """What the processes of a unit agree on, e.g. who owns a lease."""

        async def count_up(side: Store, times: int) -> None:
            while times:
                found = await side.get("things", "counter")
                version, n = (found.version, json.loads(found.data)["n"]) if found else (0, 0)
                try:
                    await side.commit(Commit(puts=(put("counter", version + 1, n=n + 1),)))
                    times -= 1
                except Conflict:
                    pass

        another = await open_another()
        await asyncio.gather(*(count_up(side, 25) for side in (store, another, store, another)))
        found = await store.get("things", "counter")
        assert found is not None
        assert (found.version, content(found)) == (100, {"n": 100})

    async def test_a_write_is_seen_by_others_at_once(
        self, store: Store, open_another: Open
    ) -> None:
        another = await open_another()
        for n in range(1, 20):
            await store.commit(Commit(puts=(put("1", n),), inbox=received(str(n))))
            found = await another.get("things", "1")
            assert found is not None
            assert found.version == n
            assert await another.handled((str(n),)) == {str(n): None}

    async def test_inbox_entries_are_kept_for_complete_generations(self, store: Store) -> None:
        await store.commit(Commit(inbox=received("a")))
        await store.forget(2)
        await store.commit(Commit(inbox=received("b")))
        await store.forget(2)
        assert (await store.handled(("a", "b"))).keys() == {"a", "b"}
        await store.forget(2)
        assert (await store.handled(("a", "b"))).keys() == {"b"}
        with pytest.raises(AlreadyHandled):
            await store.commit(Commit(inbox=received("b")))
        await store.commit(Commit(inbox=received("a")))
        await store.forget(0)
        assert await store.handled(("a", "b")) == {}

    async def test_many_inbox_entries_are_forgotten(self, store: Store, open_another: Open) -> None:
        old, new = [str(n) for n in range(2000)], [str(n) for n in range(2000, 4000)]
        await store.commit(Commit(inbox=received(*old)))
        await store.forget(1)
        await store.commit(Commit(inbox=received(*new)))
        await (await open_another()).forget(1)
        assert (await store.handled((*old, *new))).keys() == set(new)

    async def test_nothing_is_left_to_change(self, store: Store, open_another: Open) -> None:
        assert await store.changes(COLLECTIONS) == ()
        another = await open_another()
        assert await another.changes(COLLECTIONS) == ()

    async def test_what_would_change_is_told_and_not_done(self, store: Store) -> None:
        name = "later"
        field = Field("n", Kind.INTEGER, optional=True)
        pattern = AccessPattern(by=("n",))
        later = Collection(name=name, fields=(field,), patterns=(pattern,))
        told = await store.changes((later,))
        assert any(name in change for change in told)
        assert await store.changes((later,)) == told
        await store.prepare((later,))
        assert await store.changes((later,)) == ()
        more = replace(later, fields=(field, Field("m", Kind.INTEGER, default="1")))
        assert any("m" in change for change in await store.changes((more,)))

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
        query = Query(collection="things", where=(equal(field, value),), limit=10)
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
        read = [content(document).get(sort.field) for document in found]
        assert read == [value and _value(sort.field, value) for value in expected]

    async def test_a_search_goes_on_behind_a_document(self, store: Store) -> None:
        puts = [put(str(UUID(int=n)), owner="o", n=n // 2) for n in range(6)]
        await store.commit(Commit(puts=tuple(puts)))
        query = Query(
            collection="things",
            where=(equal("owner", "o"),),
            sort=(Sort("n", descending=True),),
            after=(1, str(UUID(int=2))),
            limit=2,
        )
        assert [UUID(found.id).int for found in await store.find(query)] == [3, 0]
        assert await store.count(replace(query, limit=10)) == 3
        assert await store.count(query) == 2

    @pytest.mark.parametrize(
        ("field", "operator", "value", "ids"),
        [
            ("n", Operator.LESS, 2, "a1"),
            ("n", Operator.AT_MOST, 2, "a12"),
            ("n", Operator.GREATER, 1, "23"),
            ("n", Operator.AT_LEAST, 1, "123"),
            ("n", Operator.LESS, 1.5, "a1"),
            ("n", Operator.LESS, 10**30, "a123"),
            ("n", Operator.GREATER, -(10**400), "123"),
            ("n", Operator.IN, (1, 3, 5), "13"),
            ("n", Operator.IN, (1, None), "a1"),
            ("n", Operator.IN, (), ""),
            ("n", Operator.IN, tuple(range(3, 300_000)), "3"),
            ("n", Operator.EQUAL, None, "a"),
            ("n", Operator.LESS, None, ""),
            ("n", Operator.AT_MOST, None, "a"),
            ("n", Operator.GREATER, None, "123"),
            ("n", Operator.AT_LEAST, None, "a123"),
            ("price", Operator.LESS, "10", "a2"),
            ("price", Operator.AT_MOST, "10", "a12"),
            ("price", Operator.AT_LEAST, "9.90", "123"),
            ("price", Operator.GREATER, "10.0", "3"),
            ("price", Operator.IN, ("9.900", "1e2"), "23"),
            ("price", Operator.IN, (None,), "a"),
            ("at", Operator.LESS, "2030-01-01T00:00:00Z", "a2"),
            ("at", Operator.AT_MOST, "2030-01-01T02:00:00+02:00", "a12"),
            ("at", Operator.GREATER, "2030-01-01T02:00:00+02:00", "3"),
            ("at", Operator.AT_LEAST, "2030-01-01T00:00:00.000Z", "13"),
            ("at", Operator.IN, ("2029-12-31T23:00:00+00:00",), "2"),
            ("owner", Operator.PREFIX, "a", "12"),
            ("owner", Operator.PREFIX, "ab", "2"),
            ("owner", Operator.PREFIX, "", "123"),
            ("owner", Operator.PREFIX, "%", ""),
            ("owner", Operator.PREFIX, "a\U0010ffff", ""),
            ("owner", Operator.PREFIX, "\ud7ff", "3"),
            ("owner", Operator.GREATER, "ab", "3"),
            ("open", Operator.IN, (True, False), "12"),
            ("open", Operator.LESS, True, "a23"),
        ],
    )
    async def test_documents_are_found_by_comparison(
        self,
        store: Store,
        field: str,
        operator: Operator,
        value: Scalar | tuple[Scalar, ...],
        ids: str,
    ) -> None:
        first = put("1", owner="a", n=1, open=True, price="10.00", at="2030-01-01T00:00:00Z")
        second = put("2", owner="ab", n=2, open=False, price="9.9", at="2030-01-01T00:00:00+01:00")
        third = put("3", owner="\ud7ff\U0010ffff", n=3, price="1E+2", at="2030-01-01T00:00:00.1Z")
        await store.commit(Commit(puts=(first, second, third, put("a"))))
        query = Query(collection="things", where=(Condition(field, operator, value),), limit=10)
        assert {found.id for found in await store.find(query)} == set(ids)
        assert await store.count(query) == len(ids)

    async def test_all_conditions_hold(self, store: Store) -> None:
        puts = tuple(put(str(n), n=n, owner="ab"[n % 2]) for n in range(10))
        await store.commit(Commit(puts=puts))
        between = (
            Condition("n", Operator.AT_LEAST, 3),
            Condition("n", Operator.LESS, 7),
            equal("owner", "b"),
        )
        query = Query(collection="things", where=between, sort=(Sort("n"),), limit=10)
        assert [found.id for found in await store.find(query)] == ["3", "5"]
        assert await store.count(query) == 2

    @pytest.mark.parametrize(
        ("operator", "value"),
        [(Operator.IN, "a"), (Operator.PREFIX, 1), (Operator.PREFIX, None), (Operator.LESS, (1,))],
    )
    async def test_a_value_that_does_not_suit_its_operator(
        self, store: Store, operator: Operator, value: Scalar | tuple[Scalar, ...]
    ) -> None:
        condition = Condition("owner", operator, value)
        with pytest.raises(ValueError, match="is not a valid value"):
            await store.find(Query(collection="things", where=(condition,), limit=1))

    async def test_values_of_every_kind_are_kept(self, store: Store) -> None:
        written = person(
            7,
            id="other",
            version=-(2**63),
            name='"ü" \\u0000 \u2028 {{ %s %(x)s $1 :y',
            email="",
            number=2**63 - 1,
            weight=-1.7976931348623157e308,
            balance="-123456789012345678901234567890.1234567890123456789000",
            seen="0001-01-01T00:00:00.000001Z",
            born="0001-01-01",
            friend=str(UUID(int=8)),
            color="it's blue",
            address={"lines": ["a", None, 1.5, {"deep": [True]}], "id": "1.10", "": 10**30},
        )
        another = person(8, seen="9999-12-31T23:59:59.999999+00:00", weight=5e-324, number=-1)
        await store.commit(Commit(puts=(written, another)))
        for put_ in (written, another):
            found = await store.get("people", put_.id)
            assert content(found) == content(Stored("", 1, put_.data))
        assert str(content(await store.get("people", written.id))["balance"]).endswith("9000")

    async def test_any_text_is_kept(self, store: Store) -> None:
        """Also what some engines do not have in texts. Ids and names have no U+0000."""
        id = ODD.replace("\u0000", "")
        written = person(1, name=ODD, address={ODD: [ODD, {"x": ODD}]})
        await store.commit(
            Commit(puts=(written, put(id, owner=id)), inbox=received(id, result=ODD))
        )
        found = await store.get("people", written.id)
        assert content(found) == content(Stored("", 1, written.data))
        assert (await store.get_many("things", (id,))).keys() == {id}
        for operator in (Operator.EQUAL, Operator.PREFIX, Operator.AT_LEAST, Operator.AT_MOST):
            query = Query(collection="things", where=(Condition("owner", operator, id),), limit=9)
            assert [content(each) for each in await store.find(query)] == [{"owner": id}]
        assert await store.handled((id,)) == {id: ODD}
        await store.commit(Commit(deletes=(delete(id, 1),)))
        assert await store.get("things", id) is None
        assert await store.get("things", ODD) is None

    async def test_ids_that_are_uuids(self, store: Store) -> None:
        await store.commit(Commit(puts=(person(2), person(1))))
        two = str(UUID(int=2))
        many = await store.get_many("people", (two, "2", two.replace("-", "")))
        assert many.keys() == {two}
        assert await store.get("people", "2") is None
        assert await store.get("people", two + "\u0000") is None
        found = await store.find(Query(collection="people", limit=9))
        assert [each.id for each in found] == [str(UUID(int=1)), two]
        by_id = Query(collection="people", where=(equal("person_id", two),), limit=9)
        assert [each.id for each in await store.find(by_id)] == [two]
        with pytest.raises(Conflict):
            await store.commit(Commit(puts=(person(2),)))
        await store.commit(Commit(puts=(person(2, 2, name="new"),)))
        assert content(await store.get("people", two))["name"] == "new"
        with pytest.raises(Conflict):
            await store.commit(Commit(deletes=(Delete(collection="people", id=two, expected=1),)))

    @pytest.mark.parametrize(
        "where",
        [
            Condition("color", Operator.EQUAL, "it's blue"),
            Condition("color", Operator.IN, ("it's blue", "green")),
            Condition("born", Operator.LESS, "1999-12-31"),
            Condition("friend", Operator.EQUAL, str(UUID(int=9))),
            Condition("friend", Operator.IN, (str(UUID(int=9)), str(UUID(int=10)))),
            Condition("friend", Operator.GREATER, str(UUID(int=8))),
            Condition("weight", Operator.GREATER, 70),
            Condition("weight", Operator.IN, (80.5, 1)),
            Condition("balance", Operator.LESS, "-0.01"),
            Condition("seen", Operator.AT_LEAST, "2030-01-01T00:00:00.000002Z"),
            Condition("id", Operator.EQUAL, "x"),
            Condition("version", Operator.AT_LEAST, 100),
        ],
    )
    async def test_values_of_every_kind_are_found(self, store: Store, where: Condition) -> None:
        wanted = person(
            2,
            id="x",
            version=100,
            color="it's blue",
            born="1999-12-30",
            friend=str(UUID(int=9)),
            weight=80.5,
            balance="-0.02",
            seen="2030-01-01T00:00:00.000002Z",
        )
        other = person(1, version=99, friend=str(UUID(int=7)), seen="2030-01-01T00:00:00.000001Z")
        await store.commit(Commit(puts=(wanted, other, person(3))))
        query = Query(collection="people", where=(where,), limit=9)
        assert [each.id for each in await store.find(query)] == [wanted.id]
        assert await store.count(query) == 1

    @pytest.mark.parametrize("owner", [False, True])
    @pytest.mark.parametrize("n", [False, True])
    async def test_pages_are_exact_while_documents_come(
        self, store: Store, owner: bool, n: bool
    ) -> None:
        """What was there before is on exactly one page, in order, nulls first."""
        values = [(o, x) for o in (None, "a", "b", "B") for x in (None, 1, 2)]
        puts = [
            put(f"{copy}{number:02}", owner=o, n=x)
            for copy in "ab"
            for number, (o, x) in enumerate(values)
        ]
        await store.commit(Commit(puts=tuple(puts)))
        data = {each.id: json.loads(each.data) for each in puts}

        def key(id: str) -> tuple[Any, ...]:
            return data[id].get("owner"), data[id].get("n"), id

        def compare(left: str, right: str) -> int:
            for a, b, down in zip(key(left), key(right), (owner, n, False), strict=True):
                if a != b:
                    less = b is not None and (a is None or a < b)
                    return -1 if less != down else 1
            return 0

        sort = (Sort("owner", descending=owner), Sort("n", descending=n))
        query = Query(collection="things", sort=sort, limit=3)
        seen: list[str] = []
        while page := await store.find(query):
            seen += [each.id for each in page]
            last = page[-1]
            now = content(last)
            if len(seen) <= 30:  # or there would be new documents behind each page for ever
                new = put(f"z{len(seen)}", owner=now.get("owner"), n=now.get("n"))
                data[new.id] = json.loads(new.data)
                await store.commit(Commit(puts=(new,)))
            query = replace(query, after=(now.get("owner"), now.get("n"), last.id))
        before = [id for id in seen if not id.startswith("z")]
        assert before == sorted((each.id for each in puts), key=cmp_to_key(compare))
        assert seen == sorted(set(seen), key=cmp_to_key(compare))

    @pytest.mark.parametrize("descending", [False, True])
    async def test_pages_by_instants_are_exact_to_the_microsecond(
        self, store: Store, descending: bool
    ) -> None:
        fractions = (None, "", ".000001", ".000002", ".001", ".001001", ".001002", ".002")
        ats = [each if each is None else f"2030-01-01T00:00:00{each}Z" for each in fractions]
        puts = [put(f"{n}{copy}", at=at) for n, at in enumerate(ats) for copy in "ab"]
        await store.commit(Commit(puts=tuple(puts)))
        query = Query(collection="things", sort=(Sort("at", descending=descending),), limit=3)
        seen: list[str] = []
        while page := await store.find(query):
            seen += [each.id for each in page]
            query = replace(query, after=(json.loads(page[-1].data).get("at"), page[-1].id))
        numbers = reversed(range(len(ats))) if descending else range(len(ats))
        assert seen == [f"{n}{copy}" for n in numbers for copy in "ab"]
        for number, at in enumerate(ats):
            found = await store.find(
                Query(collection="things", where=(equal("at", at),), sort=(Sort("at"),), limit=9)
            )
            assert [each.id for each in found] == [f"{number}a", f"{number}b"]
            for operator, count in (
                (Operator.LESS, number),
                (Operator.AT_MOST, number + 1),
                (Operator.GREATER, len(ats) - number - 1),
                (Operator.AT_LEAST, len(ats) - number),
            ):
                where = (Condition("at", operator, at),)
                assert await store.count(Query(collection="things", where=where, limit=99)) == (
                    count * 2
                ), (operator, at)

    async def test_all_documents_are_read_in_any_order(self, store: Store) -> None:
        """Each is on one page, although those of the pages before are removed meanwhile."""
        people = {each.id: each for each in map(person, range(25))}
        await store.commit(Commit(puts=tuple(people.values())))
        query = Query(collection="people", limit=4, ordered=False)
        seen: list[str] = []
        while page := await store.find(query):
            seen += [each.id for each in page]
            gone = (Delete(collection="people", id=each.id, expected=1) for each in page)
            await store.commit(Commit(deletes=tuple(gone)))
            query = replace(query, after=(page[-1].id,))
        assert len(seen) == 25
        assert set(seen) == people.keys()
        assert await store.count(replace(query, after=None)) == 0

    async def test_no_two_documents_share_unique_values(self, store: Store) -> None:
        await store.commit(Commit(puts=(person(1, email="a"), person(2), person(3))))
        with pytest.raises(Duplicate) as raised:
            await store.commit(Commit(puts=(put("x"), person(4, email="a"))))
        assert (raised.value.collection, raised.value.fields) == ("people", ("email",))
        with pytest.raises(Duplicate) as raised:
            await store.commit(Commit(puts=(person(2, 2, name="3"),)))
        assert raised.value.fields == ("name", "born")
        assert await store.get("things", "x") is None
        await store.commit(Commit(puts=(person(2, 2, name="3", born="1999-01-01"),)))
        await store.commit(Commit(puts=(person(1, 2, email="b"), person(4, email="a"))))
        gone = Delete(collection="people", id=str(UUID(int=1)), expected=2)
        await store.commit(Commit(deletes=(gone,), puts=(person(5, email="b"),)))

    async def test_handled_before_duplicate(self, store: Store) -> None:
        await store.commit(Commit(inbox=received("m"), puts=(person(1, email="a"),)))
        with pytest.raises(AlreadyHandled):
            await store.commit(Commit(inbox=received("m"), puts=(person(2, email="a"),)))

    async def test_unique_values_hold_under_concurrency(
        self, store: Store, open_another: Open
    ) -> None:
        sides = (store, await open_another())
        commits = [
            sides[number % 2].commit(Commit(puts=(person(number, email=str(number // 10)),)))
            for number in range(100)
        ]
        results = await asyncio.gather(*commits, return_exceptions=True)
        assert [type(result) for result in results if result] == [Duplicate] * 90
        found = await store.find(Query(collection="people", limit=100))
        assert sorted(content(each)["email"] for each in found) == sorted(map(str, range(10)))

    async def test_fields_come_and_go(self, store: Store, open_another: Open) -> None:
        """Documents that an older version has written have the defaults of new fields."""
        old = Collection(name="moving", fields=(Field("a", Kind.TEXT), Field("b", Kind.INTEGER)))
        new = Collection(
            name="moving",
            fields=(
                Field("a", Kind.TEXT),
                Field("c", Kind.INTEGER, default="5"),
                Field("d", Kind.JSON, default='{"x":["it\'s"]}'),
                Field("e", Kind.INSTANT, optional=True),
            ),
            patterns=(AccessPattern(sort=(Sort("e"),)),),
        )

        await store.prepare((old,))
        written = in_collection("moving", "1", 1, a="x", b=1)
        await store.commit(Commit(puts=(written,)))
        later = await open_another()
        await later.prepare((new,))
        found = content(await later.get("moving", "1"))
        assert {"c": 5, "d": {"x": ["it's"]}, **found} == found | {"c": 5, "d": {"x": ["it's"]}}
        assert found["a"] == "x"
        changed = in_collection("moving", "1", 2, a="y", c=6, d=[])
        await later.commit(Commit(puts=(changed, in_collection("moving", "2", 1, a="z", c=7, d=1))))
        await later.prepare((new,))
        assert content(await later.get("moving", "1")) == {"a": "y", "c": 6, "d": []}
        assert content(await later.get("moving", "2")) == {"a": "z", "c": 7, "d": 1}


class StoreContract(ReadModelContract):
    """What the store of a service must do: all. Inherited by the tests of most adapters."""

    async def test_history_is_in_order(self, store: Store) -> None:
        events = [message(number=number) for number in range(1, 4)]
        await store.commit(append(*events[:2]))
        await store.commit(append(*events[2:], expected=2))
        assert await store.history("x", limit=10) == tuple(event.envelope for event in events)
        assert await store.history("y", limit=10) == ()

    async def test_history_in_pages(self, store: Store) -> None:
        events = [message(number=number) for number in range(1, 601)]
        await store.commit(append(*events))
        assert len(await store.history("x", limit=1000)) == 600
        page = await store.history("x", after=3, limit=2)
        assert [event.sequence for event in page] == [4, 5]
        assert await store.history("x", after=600, limit=2) == ()

    @pytest.mark.parametrize("expected", [0, 2])
    async def test_a_stream_at_another_version_conflicts(self, store: Store, expected: int) -> None:
        await store.commit(append(message()))
        with pytest.raises(Conflict):
            await store.commit(append(message(), message(), expected=expected))
        assert len(await store.history("x", limit=10)) == 1

    async def test_a_new_stream_begins_at_version_0(self, store: Store) -> None:
        with pytest.raises(Conflict):
            await store.commit(append(message(), expected=1))

    async def test_a_stream_must_not_be_behind(self, store: Store) -> None:
        await store.commit(append(message(), message(), message()))
        with pytest.raises(Conflict):
            await store.commit(append(message(), expected=2))

    async def test_streams_are_listed_in_pages(self, store: Store) -> None:
        names = ["a/1", "a/2", "a/3", "aa", "b/1", "\U0010ffff"]
        for name in names:
            await store.commit(append(message(), message(), stream=name))
        assert await store.streams("a/", limit=10) == ("a/1", "a/2", "a/3")
        assert await store.streams("a/", limit=2) == ("a/1", "a/2")
        assert await store.streams("a/", after="a/2", limit=2) == ("a/3",)
        assert await store.streams("a/", after="a/3", limit=2) == ()
        assert await store.streams("b", after="a/2", limit=2) == ("b/1",)
        assert await store.streams("", limit=10) == tuple(names)
        assert await store.streams("c", limit=10) == ()

    async def test_of_racing_appends_one_wins(self, store: Store, open_another: Open) -> None:
        stores = (store, await open_another())
        commits = [stores[n % 2].commit(append(message())) for n in range(20)]
        results = await asyncio.gather(*commits, return_exceptions=True)
        assert [type(result) for result in results if result] == [Conflict] * 19
        assert len(await store.history("x", limit=10)) == 1

    async def test_the_outbox_keeps_the_order_of_commits(self, store: Store) -> None:
        sent = [message(number=number) for number in range(20)]
        await store.commit(Commit(outbox=tuple(sent[:2])))
        await asyncio.gather(*(store.commit(Commit(outbox=(out,))) for out in sent[2:]))
        pending = await store.pending(limit=100)
        assert [message.message for message in pending] == sent
        assert await store.pending(limit=3) == pending[:3]
        assert await store.pending(after=pending[2].position, limit=2) == pending[3:5]
        assert await store.outbox_size() == 20

    async def test_the_outbox_is_in_order_across_processes(
        self, store: Store, open_another: Open
    ) -> None:
        """Whoever has read up to a position must not find a message before it later."""
        another = await open_another()

        async def send(side: Store, subject: str) -> None:
            for number in range(50):
                await side.commit(Commit(outbox=(message(subject, number),)))

        async def read() -> list[Outgoing]:
            seen: list[Outgoing] = []
            position = 0
            while len(seen) < 100:
                for pending in await another.pending(after=position, limit=10):
                    seen.append(pending.message)
                    position = pending.position
                await asyncio.sleep(0)
            return seen

        seen, *_ = await asyncio.gather(read(), send(store, "one"), send(another, "two"))
        assert seen == [pending.message for pending in await store.pending(limit=200)]
        for subject in ("one", "two"):
            numbers = [m.envelope.sequence for m in seen if m.subject == subject]
            assert numbers == list(range(50))

    async def test_what_is_published_leaves_the_outbox(self, store: Store) -> None:
        sent = [message() for _ in range(3)]
        await store.commit(Commit(outbox=tuple(sent)))
        first, second, _ = await store.pending(limit=10)
        await store.published((first.position, second.position))
        await store.published(())
        assert [pending.message for pending in await store.pending(limit=10)] == [sent[2]]
        assert await store.outbox_size() == 1

    async def test_a_relay_that_is_late_removes_nobody_elses_message(
        self, store: Store, open_another: Open, reopen: Open
    ) -> None:
        """Positions are never used again, not even after the outbox was empty."""
        another = await open_another()
        await store.commit(Commit(outbox=(message(), message())))
        positions = tuple(pending.position for pending in await store.pending(limit=10))
        assert await another.pending(limit=10) == await store.pending(limit=10)
        await another.published(positions)
        assert await store.outbox_size() == 0
        store = await reopen()
        later = message()
        await store.commit(Commit(outbox=(later,)))
        await store.published(positions)
        assert [pending.message for pending in await another.pending(limit=10)] == [later]

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

    async def test_a_timer_fires_in_one_of_two_processes(
        self, store: Store, open_another: Open
    ) -> None:
        another = await open_another()
        await store.commit(Commit(set_timers=(timer("t", NOW),)))
        assert await another.due(NOW, 10) == (timer("t", NOW),)
        fire = Commit(inbox=received("timer t"), drop_timers=("t",))
        results = await asyncio.gather(
            store.commit(fire), another.commit(fire), return_exceptions=True
        )
        assert [type(result) for result in results if result] == [AlreadyHandled]
        assert await store.next_due() is None

    async def test_everything_survives_reopening(self, store: Store, reopen: Open) -> None:
        sent = message()
        await store.commit(
            Commit(
                puts=(put("1", n=1),),
                appends=(Append(stream="x", expected=0, events=(sent,)),),
                outbox=(sent,),
                inbox=received("m", result="r"),
                set_timers=(timer("t", NOW),),
            )
        )
        before = await store.pending(limit=10)
        store = await reopen()
        assert await store.get("things", "1") is not None
        assert await store.history("x", limit=10) == (sent.envelope,)
        assert await store.pending(limit=10) == before
        assert [pending.message for pending in before] == [sent]
        assert await store.handled(("m",)) == {"m": "r"}
        assert await store.due(NOW, 10) == (timer("t", NOW),)

    async def test_a_conflict_writes_nothing(self, store: Store) -> None:
        await store.commit(Commit(puts=(put("1"),)))
        failing = Commit(
            puts=(put("2"), put("1")),
            appends=(Append(stream="x", expected=0, events=(message(),)),),
            outbox=(message(),),
            inbox=received("m"),
            set_timers=(timer("t", NOW),),
        )
        # Alone, and beside others that share the transaction.
        others = [store.commit(Commit(puts=(put(f"other{n}"),))) for n in range(9)]
        with pytest.raises(Conflict):
            await store.commit(failing)
        results = await asyncio.gather(
            *others[:5], store.commit(failing), *others[5:], return_exceptions=True
        )
        assert [type(result) for result in results if result] == [Conflict]
        assert len(await store.find(Query(collection="things", limit=20))) == 10
        assert await store.get("things", "2") is None
        assert await store.history("x", limit=10) == ()
        assert await store.pending(limit=10) == ()
        assert await store.handled(("m",)) == {}
        assert await store.next_due() is None

    async def test_any_text_of_messages_and_timers_is_kept(self, store: Store) -> None:
        id = ODD.replace("\u0000", "")
        sent = Outgoing.of("t", replace(envelope(subject=id), data={ODD: ODD}))
        set_ = Timer(id=id, due=NOW, handler="h", data=ODD)
        await store.commit(
            Commit(
                appends=(Append(stream=id, expected=0, events=(sent,)),),
                outbox=(sent,),
                set_timers=(set_,),
            )
        )
        assert await store.history(id, limit=9) == (sent.envelope,)
        assert await store.streams("a\ufdd0", limit=9) == (id,)
        assert [pending.message for pending in await store.pending(limit=9)] == [sent]
        assert await store.due(NOW, 9) == (set_,)
        await store.commit(Commit(drop_timers=(id,)))
        assert await store.due(NOW, 9) == ()

    async def test_a_duplicate_writes_nothing(self, store: Store) -> None:
        await store.commit(Commit(puts=(person(1, email="a"),)))
        with pytest.raises(Duplicate):
            await store.commit(Commit(puts=(put("x"), person(4, email="a")), outbox=(message(),)))
        assert await store.get("things", "x") is None
        assert await store.outbox_size() == 0
