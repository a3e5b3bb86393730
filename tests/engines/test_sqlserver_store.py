"""What can be tested of the store on SQL Server without a server: all but its SQL."""

from __future__ import annotations

import asyncio
import json
import threading
from collections.abc import AsyncIterator, Mapping
from datetime import date, datetime, timedelta, timezone
from decimal import Decimal
from typing import Any
from uuid import UUID

import pytest
from chassis.errors import AlreadyHandled, Conflict, Duplicate, StoreLost, Unavailable
from chassis.store.factory import ENGINES
from chassis.store.port import Commit, Condition, Delete, Operator, Query, Sort
from chassis.store.sql.documents import Reader
from chassis.store.sql.queries import shaped
from chassis.store.sql.tables import UnitTables, document_table
from chassis.store.sqlserver import schema
from chassis.store.sqlserver.address import parse_address
from chassis.store.sqlserver.dialect import SqlServerDialect
from chassis.store.sqlserver.documents import CONVERTERS, delete_rows, put_rows
from chassis.store.sqlserver.errors import SqlError, duplicate, translated
from chassis.store.sqlserver.pool import Limits
from chassis.store.sqlserver.rows import rows_json
from chassis.store.sqlserver.unit import SqlServerStore

from tests.chassis.contracts.store_contract import (
    COLLECTIONS,
    NOW,
    PEOPLE,
    THINGS,
    append,
    content,
    message,
    person,
    put,
    received,
    timer,
)

DIALECT = SqlServerDialect()
PEOPLE_TABLE = document_table(PEOPLE, "u", DIALECT)
THINGS_TABLE = document_table(THINGS, "u", DIALECT)
SECRET = "s3cr3t"
URL = f"mssql://sa:{SECRET}@db.example:1444/shop?encrypt=no"


class FakeSession:
    """Answers statements as a test says, and keeps what it was asked for."""

    def __init__(self) -> None:
        self.log: list[str] = []
        self.values: list[Mapping[str, Any]] = []
        self.rows: dict[str, list[tuple[Any, ...]]] = {
            schema.SERVER: [(16, 160, True)],
            schema.SCHEMA: [(0,)],
            schema.COLUMNS: [],
            schema.INDEXES: [],
            schema.CHECKS: [],
        }
        self.failures: list[tuple[str, Exception | int]] = []
        self.waits: threading.Event | None = None
        self.connected = 0

    def connect(self, *, autocommit: bool) -> FakeSession:
        self.connected += 1
        return self

    def _answer(self, sql: str) -> int | None:
        self.log.append(sql)
        if self.failures and self.failures[0][0] in sql:
            _, failure = self.failures.pop(0)
            if isinstance(failure, int):
                return failure
            raise failure
        return None

    def fetch(self, sql: str, values: Mapping[str, Any]) -> list[tuple[Any, ...]]:
        if self.waits is not None:
            self.waits.wait(10)
            raise SqlError(0, "cut")
        self._answer(sql)
        self.values.append(values)
        return next((rows for begin, rows in self.rows.items() if sql.startswith(begin)), [])

    def execute(self, sql: str, values: Mapping[str, Any]) -> int:
        self.values.append(values)
        answer = self._answer(sql)
        return (
            len(json.loads(values["rows"])) if answer is None and "rows" in values else answer or 0
        )

    def run(self, sql: str) -> None:
        self._answer(sql)

    def commit(self) -> None:
        self._answer("COMMIT")

    def rollback(self) -> None:
        self.log.append("ROLLBACK")

    def cut(self) -> None:
        if self.waits is not None:
            self.waits.set()

    def close(self) -> None:
        self.log.append("CLOSE")


@pytest.fixture
def session() -> FakeSession:
    return FakeSession()


@pytest.fixture
async def store(session: FakeSession) -> AsyncIterator[SqlServerStore]:
    limits = Limits(readers=1, wait=0.2, patience=0.3)
    tables = UnitTables("u", DIALECT)
    store = SqlServerStore(session.connect, "mssql://db", tables, limits)
    await store.prepare(COLLECTIONS)
    session.log.clear()
    session.values.clear()
    yield store
    await store.close()


def test_rows_have_the_values_of_documents() -> None:
    written = person(
        7,
        version=-(2**63),
        name="ü\u0000 ",
        number=2**63 - 1,
        weight=0.1,
        balance="-1E+2",
        seen="2030-01-01T02:00:00.000001+02:00",
        color="it's blue",
        address={"a": ["\u0000", None]},
    )
    (row,) = json.loads(put_rows(PEOPLE_TABLE, [written]))
    assert row == [
        str(UUID(int=7)),
        1,
        0,
        None,
        -(2**63),
        "ü\ufdd00\u0020\ufdd02",
        None,
        2**63 - 1,
        0.1,
        "-100",
        "2030-01-01T02:00:00.000001+02:00",
        "2000-02-29",
        None,
        "it's blue",
        '{"a":["\\u0000",null]}',
    ]
    gone = Delete(collection="things", id="a ", expected=3)
    assert json.loads(delete_rows([gone])) == [["a \ufdd02", 3]]
    assert json.loads(rows_json([(b"\x00\xff", NOW)])) == [["00ff", "2030-01-01T12:00:00+00:00"]]


@pytest.mark.parametrize("price", ["1" + "0" * 18, "0." + "0" * 18 + "1", "x", "NaN", "Infinity"])
def test_a_decimal_that_would_be_rounded_is_refused(price: str) -> None:
    with pytest.raises(ValueError, match=r"digits|not a valid value"):
        put_rows(THINGS_TABLE, [put("1", price=price)])


def test_documents_are_read_from_values_of_the_driver() -> None:
    at = datetime(2030, 1, 1, 2, tzinfo=timezone(timedelta(hours=2)))
    row = (
        str(UUID(int=7)),
        3,
        str(UUID(int=7)),
        None,
        5,
        "ü\ufdd00 \ufdd02",
        None,
        2**63 - 1,
        5e-300,
        Decimal("-1.500000000000000000"),
        at,
        date(1, 1, 1),
        None,
        "it's blue",
        '{"a":1.10}',
    )
    found = Reader(PEOPLE, CONVERTERS)(row)
    assert (found.id, found.version) == (str(UUID(int=7)), 3)
    assert json.loads(found.data) == {
        "person_id": str(UUID(int=7)),
        "id": None,
        "version": 5,
        "name": "ü\u0000 ",
        "email": None,
        "number": 2**63 - 1,
        "weight": 5e-300,
        "balance": "-1.5",
        "seen": "2030-01-01T00:00:00Z",
        "born": "0001-01-01",
        "friend": None,
        "color": "it's blue",
        "address": {"a": 1.1},
    }
    things = Reader(THINGS, CONVERTERS)
    read = things(("1", 1, None, None, True, Decimal(0).scaleb(-18), None))
    assert content(read) == {"open": True, "price": Decimal(0)}
    assert '"price":"0"' in read.data


@pytest.mark.parametrize(
    ("condition", "value"),
    [
        (Condition("owner", Operator.EQUAL, "a "), "a \ufdd02"),
        (Condition("owner", Operator.PREFIX, "a "), "a %"),
        (Condition("owner", Operator.PREFIX, "5%_[\\"), r"5\%\_\[\\%"),
        (Condition("owner", Operator.IN, ("ü", None)), '["ü"]'),
        (Condition("open", Operator.IN, (True,)), "[true]"),
        (Condition("n", Operator.LESS, 1.5), Decimal("1.5")),
        (Condition("n", Operator.LESS, -1.2), Decimal("-1.5")),
        (Condition("n", Operator.LESS, 10**400), Decimal(2**64)),
        (Condition("n", Operator.IN, (1, 2.5, 10**30)), "[1]"),
        (Condition("price", Operator.LESS, "1e2"), "100.000000000000000000"),
        (Condition("price", Operator.LESS, "0." + "0" * 18 + "1"), "0." + "0" * 18 + "5"),
        (Condition("price", Operator.LESS, "1e99"), "1" + "0" * 18),
        (Condition("price", Operator.LESS, "-1e99"), "-1" + "0" * 18),
    ],
)
def test_a_parameter_compares_as_its_value(condition: Condition, value: object) -> None:
    _, values = shaped(THINGS_TABLE, Query(collection="things", where=(condition,), limit=1))
    assert values["w0"] == value


def test_a_cursor_continues_after_stored_values() -> None:
    sort = (Sort("owner"), Sort("price", descending=True))
    query = Query(collection="things", sort=sort, after=("a ", "1.50", "id "), limit=1)
    shape, values = shaped(THINGS_TABLE, query)
    assert shape.after == ("value", "value")
    assert (values["a0"], values["a1"], values["id"]) == (
        "a \ufdd02",
        "1.500000000000000000",
        "id \ufdd02",
    )


_UNIQUE = {"people_unique_email": Duplicate("people", ("email",))}


@pytest.mark.parametrize(
    ("number", "kind"),
    [
        (208, StoreLost),
        (2760, StoreLost),
        (4060, StoreLost),
        (0, Unavailable),
        (1205, Unavailable),
        (1222, Unavailable),
        (18456, Unavailable),
        (547, ValueError),
        (2628, ValueError),
        (8115, ValueError),
    ],
)
def test_errors_are_those_of_the_port(number: int, kind: type[Exception]) -> None:
    error = translated(SqlError(number, "some text"), "mssql://db")
    assert type(error) is kind
    assert str(error).startswith("mssql://db: ")


def test_an_error_does_not_show_values() -> None:
    truncated = SqlError(2628, f"String would be truncated. Truncated value: '{SECRET}'.")
    assert SECRET not in f"{truncated!r} {translated(truncated, 'x')}"


@pytest.mark.parametrize(
    ("number", "text", "found"),
    [
        (
            2601,
            "Cannot insert duplicate key row in object 'u.people' with unique index "
            "'people_unique_email'. The duplicate key value is (a).",
            True,
        ),
        (
            2601,
            "Eine Zeile mit doppeltem Schlüssel kann nicht in das Objekt „people_unique_email“ "
            "eingefügt werden",
            False,
        ),
        (
            2627,
            "Violation of PRIMARY KEY constraint 'PK__people'. Cannot insert duplicate key in "
            "object 'u.people'. The duplicate key value is ('people_unique_email').",
            False,
        ),
        (547, "conflicted with the CHECK constraint 'people_unique_email'", False),
    ],
)
def test_a_duplicate_is_known_by_its_index(number: int, text: str, found: bool) -> None:
    assert (duplicate(SqlError(number, text), _UNIQUE) is not None) is found


async def test_a_commit_is_one_transaction_in_the_same_order(
    store: SqlServerStore, session: FakeSession
) -> None:
    await store.commit(
        Commit(
            puts=(put("1"), put("2", 2), person(1)),
            deletes=(Delete(collection="things", id="3", expected=1),),
            appends=append(message(), message(number=2)).appends,
            outbox=(message("a"), message("b")),
            inbox=received("m", result="r"),
            set_timers=(timer("t", NOW),),
            drop_timers=("gone",),
        )
    )
    begins = [sql.split("\n")[0].split(" (")[0].split(" SET")[0][:38] for sql in session.log]
    assert begins == [
        "INSERT INTO u.inbox",
        "INSERT INTO u.events",
        "DELETE FROM u.things FROM u.things,",
        "INSERT INTO u.people",
        "UPDATE u.things",
        "INSERT INTO u.things",
        "DELETE FROM u.timers WHERE u.timers.id",
        "UPDATE u.timers",
        "INSERT INTO u.timers",
        "DECLARE @locked int;",
        "INSERT INTO u.outbox",
        "COMMIT",
    ]
    assert session.values[-2] == {"name": "u.outbox"}
    assert [row[:3] for row in json.loads(session.values[-1]["rows"])] == [
        [0, "t", "a"],
        [1, "t", "b"],
    ]


@pytest.mark.parametrize(
    ("commit", "statement"),
    [
        (Commit(puts=(put("1"),)), "INSERT INTO u.things"),
        (Commit(puts=(put("1", 2),)), "UPDATE u.things"),
        (
            Commit(deletes=(Delete(collection="things", id="1", expected=1),)),
            "DELETE FROM u.things",
        ),
        (append(message()), "INSERT INTO u.events"),
    ],
)
async def test_a_row_that_was_not_written_is_a_conflict(
    store: SqlServerStore, session: FakeSession, commit: Commit, statement: str
) -> None:
    session.failures = [(statement, 0)]
    with pytest.raises(Conflict):
        await store.commit(commit)
    assert session.log[-1] == "ROLLBACK"


async def test_messages_that_were_handled(store: SqlServerStore, session: FakeSession) -> None:
    session.failures = [("INSERT INTO u.inbox", 0)]
    session.rows["SELECT u.inbox.message"] = [("m \ufdd02", "r"), ("n", None)]
    with pytest.raises(AlreadyHandled) as raised:
        await store.commit(Commit(inbox=received("m ", "n"), puts=(put("1"),)))
    assert raised.value.results == {"m ": "r", "n": None}
    assert not any("u.things" in sql for sql in session.log)


async def test_a_lost_race_is_repeated(store: SqlServerStore, session: FakeSession) -> None:
    session.failures = [("INSERT INTO u.things", SqlError(1205, "deadlock"))] * 3
    await store.commit(Commit(puts=(put("1"),)))
    assert session.log.count("ROLLBACK") == 3
    assert session.log[-1] == "COMMIT"
    assert session.connected == 1


async def test_unique_values(store: SqlServerStore, session: FakeSession) -> None:
    text = "Cannot insert duplicate key row in object 'u.people' with unique index "
    error = SqlError(2601, text + "'people_unique_name_born'. The value is (a, b).")
    session.failures = [("INSERT INTO u.people", error)]
    with pytest.raises(Duplicate) as raised:
        await store.commit(Commit(puts=(person(1),)))
    assert (raised.value.collection, raised.value.fields) == ("people", ("name", "born"))
    assert session.log[-1] == "ROLLBACK"


async def test_a_commit_that_may_have_happened_is_not_repeated(
    store: SqlServerStore, session: FakeSession
) -> None:
    session.failures = [("COMMIT", SqlError(0, "reset"))]
    with pytest.raises(Unavailable):
        await store.commit(Commit(puts=(put("1"),)))
    assert session.log.count("COMMIT") == 1
    await store.commit(Commit(puts=(put("1"),)))
    assert session.connected == 2


async def test_a_read_is_repeated_on_a_new_connection(
    store: SqlServerStore, session: FakeSession
) -> None:
    session.failures = [("SELECT", SqlError(0, "reset"))]
    session.rows["SELECT count(*)"] = [(7,)]
    assert await store.outbox_size() == 7
    session.failures = [("SELECT", SqlError(208, "Invalid object name"))]
    with pytest.raises(StoreLost):
        await store.outbox_size()


async def test_whoever_waits_for_too_long_is_cut_off(
    store: SqlServerStore, session: FakeSession
) -> None:
    session.waits = threading.Event()
    with pytest.raises(Unavailable):
        await store.outbox_size()
    assert session.waits.is_set()


async def test_whoever_is_cancelled_leaves_no_connection_behind(
    store: SqlServerStore, session: FakeSession
) -> None:
    session.waits = threading.Event()
    reading = asyncio.create_task(store.outbox_size())
    await asyncio.sleep(0.05)
    reading.cancel()
    with pytest.raises(asyncio.CancelledError):
        await reading
    assert session.waits.is_set()
    session.waits = None
    session.rows["SELECT count(*)"] = [(7,)]
    assert await store.outbox_size() == 7


async def test_no_connection_becomes_free(store: SqlServerStore, session: FakeSession) -> None:
    async with store._readers.connection():
        with pytest.raises(Unavailable, match="no connection became free"):
            await store.outbox_size()


@pytest.mark.parametrize(
    ("server", "reason"),
    [
        ((14, 140, True), "2019"),
        ((16, 120, True), "compatibility level"),
        ((16, 160, False), "READ_COMMITTED_SNAPSHOT ON"),
    ],
)
async def test_settings_that_a_database_needs(
    session: FakeSession, server: tuple[Any, ...], reason: str
) -> None:
    session.rows[schema.SERVER] = [server]
    store = SqlServerStore(session.connect, "mssql://db", UnitTables("u", DIALECT), Limits())
    with pytest.raises(ValueError, match=reason):
        await store.prepare(COLLECTIONS)
    assert not any(sql.startswith("CREATE") for sql in session.log)
    await store.close()


async def test_what_exists_is_not_created(session: FakeSession) -> None:
    tables = UnitTables("u", DIALECT)
    session.rows[schema.SCHEMA] = [(1,)]
    session.rows[schema.COLUMNS] = [
        (table.name, column.name, column.nullable, "bigint", 8, 19, 0)
        for table in (*tables.all, THINGS_TABLE.table)
        for column in table.columns
    ]
    session.rows[schema.INDEXES] = [("things", "things_by_owner_at_d", "owner")]
    session.rows["SELECT u.meta.store"] = [("id",)]
    store = SqlServerStore(session.connect, "mssql://db", tables, Limits())
    await store.prepare((THINGS,))
    assert all(sql.startswith(("SELECT", "COMMIT")) for sql in session.log)
    session.rows["SELECT u.meta.store"] = [("another",)]
    with pytest.raises(StoreLost):
        await store.verify()
    await store.close()


def test_the_text_of_an_address_has_no_secrets() -> None:
    address = parse_address(URL, "orders")
    assert str(address) == "mssql://db.example:1444/shop, schema orders"
    assert SECRET not in repr(address)
    assert (address.password, address.cafile) == (SECRET, None)
    assert parse_address("mssql://a:p%40@db/x", "u").password == "p@"
    assert parse_address("mssql://a:p@db/x", "u").cafile is not None
    assert ENGINES["mssql"] == "sqlserver"


@pytest.mark.parametrize(
    "url",
    [
        "mssql://db/shop",
        "mssql://a:b@/shop",
        "mssql://a:b@db",
        "mssql://a:b@db:x/shop",
        "mssql://a:b@db/shop?encrypt=maybe",
        "mssql://a:b@db/shop?cafile=/nowhere",
        "mssql://a:b@db/shop?sslmode=require",
    ],
)
def test_a_url_that_is_not_valid(url: str) -> None:
    with pytest.raises(ValueError, match="the URL of the store"):
        parse_address(url, "u")
