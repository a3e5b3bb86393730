"""The keyspace of a unit, as somebody sees it who knows Cassandra and nothing of the chassis."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from datetime import date
from decimal import Decimal
from typing import Any
from urllib.parse import urlsplit
from uuid import UUID, uuid4

import pytest
from cassandra.cluster import Cluster, Session
from cassandra.query import dict_factory
from chassis.store.cassandra.store import CassandraStore, open_cassandra
from chassis.store.port import Commit

from tests.chassis.contracts.store_contract import person, put, received
from tests.engines.tables_by_query import COLLECTIONS

BY_OWNER = "things_by_owner_or_null_sorted_at_or_null_desc"


@pytest.fixture
def keyspace() -> str:
    return f"unit_{uuid4().hex}"


@pytest.fixture
async def store(cassandra_url: str, keyspace: str) -> AsyncIterator[CassandraStore]:
    store = open_cassandra(cassandra_url, keyspace)
    await store.prepare(COLLECTIONS)
    yield store
    await store.close()


@pytest.fixture
async def session(
    cassandra_url: str, keyspace: str, store: CassandraStore
) -> AsyncIterator[Session]:
    url = urlsplit(cassandra_url)
    cluster = Cluster([url.hostname], port=url.port)
    session = await asyncio.to_thread(cluster.connect, keyspace)
    session.row_factory = dict_factory
    yield session
    await asyncio.to_thread(cluster.shutdown)


async def rows(session: Session, cql: str) -> list[dict[str, Any]]:
    return list(await asyncio.to_thread(session.execute, cql))


async def test_tables_have_typed_columns_and_keys_by_query(session: Session, keyspace: str) -> None:
    found = await rows(
        session,
        "SELECT table_name, column_name, type, kind, position, clustering_order FROM "
        f"system_schema.columns WHERE keyspace_name = '{keyspace}'",
    )
    tables = {row["table_name"] for row in found}
    assert tables == {
        "unit",
        "inbox",
        "inbox_by_generation",
        "things",
        BY_OWNER,
        "things_by_owner_or_null_sorted_n_or_null_desc",
        "things_by_all_sorted_price_or_null",
        "people",
        "people_by_name_sorted_balance_desc",
        "people_unique_email",
        "people_unique_name_born",
    }

    def columns(table: str, kind: str) -> list[tuple[str, str]]:
        chosen = [r for r in found if (r["table_name"], r["kind"]) == (table, kind)]
        chosen.sort(key=lambda row: (row["position"], row["column_name"]))
        return [(row["column_name"], row["type"]) for row in chosen]

    assert columns("people", "partition_key") == [("person_id", "uuid")]
    assert dict(columns("people", "regular")) == {
        "version": "bigint",
        "id": "text",
        "version_": "bigint",
        "name": "text",
        "email": "text",
        "number": "bigint",
        "weight": "double",
        "balance": "decimal",
        "seen": "text",
        "born": "date",
        "friend": "uuid",
        "color": "text",
        "address": "text",
    }
    assert columns("people_unique_name_born", "partition_key") == [
        ("name", "text"),
        ("born", "date"),
    ]
    assert columns(BY_OWNER, "partition_key") == [("owner_set", "boolean"), ("owner", "text")]
    assert columns(BY_OWNER, "clustering") == [
        ("at_set", "boolean"),
        ("at", "text"),
        ("id", "text"),
    ]
    order = {r["column_name"]: r["clustering_order"] for r in found if r["table_name"] == BY_OWNER}
    assert (order["at_set"], order["at"], order["id"]) == ("desc", "desc", "asc")


async def test_values_have_their_types(store: CassandraStore, session: Session) -> None:
    await store.commit(
        Commit(
            puts=(
                person(
                    1,
                    id="x",
                    email="a@b",
                    balance="1.50",
                    friend=str(UUID(int=2)),
                    seen="2030-01-01T01:00:00.5+01:00",
                    address={"city": "Ulm"},
                ),
            )
        )
    )
    (row,) = await rows(session, f"SELECT * FROM people WHERE person_id = {UUID(int=1)}")
    assert row["person_id"] == UUID(int=1)
    assert (row["version"], row["id"], row["version_"]) == (1, "x", None)
    assert str(row["balance"]) == "1.50"
    assert row["balance"] == Decimal("1.5")
    assert row["born"].date() == date(2000, 2, 29)
    assert (row["weight"], row["friend"]) == (0.1, UUID(int=2))
    assert row["seen"] == "2030-01-01T00:00:00.500000Z"
    assert row["address"] == '{"city": "Ulm"}'
    (unique,) = await rows(
        session, "SELECT owner_id FROM people_unique_email WHERE email_set = true AND email = 'a@b'"
    )
    assert unique["owner_id"] == str(UUID(int=1))


async def test_a_table_answers_its_query(store: CassandraStore, session: Session) -> None:
    """In order, with all columns, and without filtering; also after rows have moved."""
    at = "2030-01-0{}T00:00:00Z"
    await store.commit(
        Commit(puts=tuple(put(str(n), owner="o", n=n, at=at.format(n)) for n in range(1, 5)))
    )
    await store.commit(
        Commit(
            puts=(put("1", 2, owner="o", at=at.format(9)), put("2", 2, owner="p"), put("5")),
            inbox=received("m", result="r"),
        )
    )
    found = await rows(
        session, f"SELECT id, n, version FROM {BY_OWNER} WHERE owner_set = true AND owner = 'o'"
    )
    assert [(row["id"], row["n"], row["version"]) for row in found] == [
        ("1", None, 2),
        ("4", 4, 1),
        ("3", 3, 1),
    ]
    missing = await rows(
        session, f"SELECT id FROM {BY_OWNER} WHERE owner_set = false AND owner = ''"
    )
    assert [row["id"] for row in missing] == ["5"]
    (entry,) = await rows(session, "SELECT * FROM inbox WHERE message = 'm'")
    assert (entry["result"], entry["generation"]) == ("r", 1)


async def test_the_position_of_the_journal_is_the_timestamp_of_rows(
    store: CassandraStore, session: Session
) -> None:
    for version in (1, 2, 3):
        await store.commit(Commit(puts=(put("1", version, n=version),)))
    (row,) = await rows(session, "SELECT WRITETIME(n) AS at FROM things WHERE id = '1'")
    (unit,) = await rows(session, "SELECT position, applied FROM unit WHERE id = 0")
    assert row["at"] == unit["position"] == 3
