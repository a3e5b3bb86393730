"""The tables of a unit, as somebody sees them who knows PostgreSQL and nothing of the chassis."""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import replace
from typing import Any
from uuid import uuid4

import psycopg
import pytest
from chassis.envelope import Outgoing
from chassis.store.port import (
    Collection,
    Commit,
    Condition,
    Delete,
    Field,
    Kind,
    Operator,
    Query,
    Sort,
    equal,
)
from chassis.store.postgresql.dialect import PostgresDialect
from chassis.store.postgresql.sql import compiled
from chassis.store.postgresql.store import PostgresStore, open_postgresql
from chassis.store.sql.queries import find, shaped
from chassis.store.sql.tables import document_table
from psycopg.rows import dict_row

from tests.chassis.contracts.store_contract import (
    COLLECTIONS,
    PEOPLE,
    THINGS,
    envelope,
    in_collection,
    message,
    person,
    put,
)


@pytest.fixture
def schema() -> str:
    return f"unit {uuid4()}"


@pytest.fixture
async def store(postgres_url: str, schema: str) -> AsyncIterator[PostgresStore]:
    store = open_postgresql(postgres_url, schema)
    await store.prepare(COLLECTIONS)
    yield store
    await store.close()


async def rows(url: str, schema: str, sql: str, /, **values: Any) -> list[dict[str, Any]]:
    connection = await psycopg.AsyncConnection.connect(url, row_factory=dict_row)
    async with connection:
        await connection.execute(f'SET search_path TO "{schema}"'.encode())
        await connection.execute("SET timezone TO 'UTC'")
        return await (await connection.execute(sql.encode(), values)).fetchall()


async def test_every_field_is_a_typed_column(
    store: PostgresStore, postgres_url: str, schema: str
) -> None:
    found = await rows(
        postgres_url,
        schema,
        """SELECT column_name, data_type, is_nullable, collation_name
            FROM information_schema.columns
            WHERE table_schema = %(schema)s AND table_name = 'people' ORDER BY ordinal_position""",
        schema=schema,
    )
    assert [tuple(row.values()) for row in found] == [
        ("person_id", "uuid", "NO", None),
        ("version", "bigint", "NO", None),
        ("id", "text", "YES", "C"),
        ("version_", "bigint", "YES", None),
        ("name", "text", "NO", "C"),
        ("email", "text", "YES", "C"),
        ("number", "bigint", "NO", None),
        ("weight", "double precision", "NO", None),
        ("balance", "numeric", "NO", None),
        ("seen", "timestamp with time zone", "NO", None),
        ("born", "date", "NO", None),
        ("friend", "uuid", "YES", None),
        ("color", "text", "NO", "C"),
        ("address", "jsonb", "NO", None),
    ]


async def test_constraints_and_indexes(
    store: PostgresStore, postgres_url: str, schema: str
) -> None:
    found = await rows(
        postgres_url,
        schema,
        """SELECT pg_get_constraintdef(oid) AS is FROM pg_constraint
            WHERE conrelid = 'people'::regclass""",
    )
    color = "CHECK ((color = ANY (ARRAY['red'::text, 'it''s blue'::text])))"
    assert {row["is"] for row in found} == {"PRIMARY KEY (person_id)", color}
    found = await rows(
        postgres_url,
        schema,
        """SELECT indexname, indexdef FROM pg_indexes
            WHERE schemaname = %(schema)s AND tablename = 'people'""",
        schema=schema,
    )
    definitions = {row["indexname"]: row["indexdef"].partition(" USING ")[2] for row in found}
    assert definitions == {
        "people_pkey": "btree (person_id)",
        "people_by_name_balance_d": "btree (name NULLS FIRST, balance DESC NULLS LAST, person_id)",
        "people_unique_email": "btree (email)",
        "people_unique_name_born": "btree (name, born)",
    }


async def test_rows_are_read_with_plain_sql(
    store: PostgresStore, postgres_url: str, schema: str
) -> None:
    sent = Outgoing.of("t", replace(envelope("7"), data={"x": 1}))
    written = person(7, name="ü", balance="1.50", address={"city": "Ulm"}, email="a@b.c")
    await store.commit(Commit(puts=(written, person(8)), outbox=(sent,)))
    query = """SELECT name, balance * 2 AS twice, seen + interval '1 day' AS later,
        address ->> 'city' AS city FROM people WHERE email LIKE '%%@b.c' AND born < '2001-01-01'"""
    (row,) = await rows(postgres_url, schema, query)
    assert (row["name"], str(row["twice"]), row["later"].isoformat(), row["city"]) == (
        "ü",
        "3.00",
        "2030-01-02T00:00:00+00:00",
        "Ulm",
    )
    query = (
        "SELECT subject, convert_from(envelope, 'UTF8')::json ->> 'source' AS source FROM outbox"
    )
    assert await rows(postgres_url, schema, query) == [{"subject": "7", "source": "/test/unit"}]


@pytest.mark.parametrize(
    ("query", "index"),
    [
        (
            Query(
                collection="things",
                where=(equal("owner", "o7"),),
                sort=(Sort("at", descending=True),),
                limit=20,
            ),
            "things_by_owner_at_d",
        ),
        (
            Query(collection="things", sort=(Sort("owner"), Sort("at", True)), limit=20),
            "things_by_owner_at_d",
        ),
        (
            Query(
                collection="things",
                sort=(Sort("owner"), Sort("at", True)),
                after=("o7", None, "5"),
                limit=20,
            ),
            "things_by_owner_at_d",
        ),
        (
            Query(
                collection="things",
                where=(Condition("owner", Operator.PREFIX, "o777"),),
                limit=20,
            ),
            "things_by_owner_at_d",
        ),
        (
            Query(
                collection="things",
                where=(Condition("owner", Operator.IN, ("o7", "o8")),),
                limit=20,
            ),
            "things_by_owner_at_d",
        ),
        (Query(collection="things", limit=20), "things_pkey"),
        (Query(collection="things", after=("7",), limit=20), "things_pkey"),
    ],
)
async def test_an_index_serves_the_query_it_was_made_for(
    store: PostgresStore, postgres_url: str, schema: str, query: Query, index: str
) -> None:
    fill = """INSERT INTO things (id, version, owner)
        SELECT n::text, 1, 'o' || n %% 1000 FROM generate_series(1, 20000) n"""
    await rows(postgres_url, schema, f"{fill} RETURNING 1")
    await _analyzed(postgres_url, schema)
    table = document_table(THINGS, schema, PostgresDialect())
    shape, values = shaped(table, query)
    statement = compiled(find(table, shape))
    sql = statement.sql.decode()
    plan = await rows(postgres_url, schema, f"EXPLAIN {sql}", **statement.parameters(values))
    text = "\n".join(row["QUERY PLAN"] for row in plan)
    assert index in text, text
    assert "Seq Scan" not in text, text


async def test_the_values_of_an_enum_may_change(postgres_url: str, schema: str) -> None:
    """A value that no longer exists may still be in a row; the older version may run beside."""

    def colors(*values: str) -> Collection:
        return Collection(name="c", fields=(Field("color", Kind.ENUM, values=values),))

    store = open_postgresql(postgres_url, schema)
    await store.prepare((colors("red", "50% : ?"),))
    await store.commit(Commit(puts=(in_collection("c", "1", 1, color="50% : ?"),)))
    await store.close()
    later = open_postgresql(postgres_url, schema)
    await later.prepare((colors("red", "it's blue"),))
    await later.commit(Commit(puts=(in_collection("c", "2", 1, color="it's blue"),)))
    with pytest.raises(ValueError, match="c_color_check"):
        await later.commit(Commit(puts=(in_collection("c", "3", 1, color="green"),)))
    assert len(await later.find(Query(collection="c", limit=9))) == 2
    await later.close()


async def test_a_role_without_privileges_to_create_uses_what_there_is(
    store: PostgresStore, postgres_url: str, schema: str
) -> None:
    role = f"role_{uuid4().hex}"
    with psycopg.connect(postgres_url) as connection:
        for sql in (
            f"CREATE ROLE {role} LOGIN",
            f'GRANT USAGE ON SCHEMA "{schema}" TO {role}',
            f'GRANT SELECT, INSERT, UPDATE, DELETE ON ALL TABLES IN SCHEMA "{schema}" TO {role}',
        ):
            connection.execute(sql.encode())
    restricted = open_postgresql(postgres_url.replace("postgres@", f"{role}@", 1), schema)
    await restricted.prepare(COLLECTIONS)
    await restricted.commit(Commit(puts=(put("1"),), outbox=(message(),)))
    assert await restricted.get("things", "1") is not None
    await restricted.close()


@pytest.mark.parametrize("name", ["outbox", "x" * 64])
async def test_names_that_no_table_can_have(store: PostgresStore, name: str) -> None:
    with pytest.raises(ValueError, match=name):
        await store.prepare((replace(THINGS, name=name),))


@pytest.mark.parametrize("name", ["rows", "fields", "last", "excluded", "select", "user"])
async def test_tables_may_have_any_other_name(store: PostgresStore, name: str) -> None:
    key = Field(name, Kind.TEXT)
    await store.prepare((Collection(name=name, id=name, fields=(key, Field("x", Kind.JSON))),))
    for version in (1, 2):
        put_ = in_collection(name, "1", version, **{name: "1", "x": version})
        await store.commit(Commit(puts=(put_,)))
    assert await store.get(name, "1") is not None
    await store.commit(Commit(deletes=(Delete(collection=name, id="1", expected=2),)))
    assert await store.count(Query(collection=name, limit=9)) == 0


async def test_long_names_of_indexes_are_shortened(store: PostgresStore) -> None:
    long = replace(PEOPLE, name="p" * 63)
    await store.prepare((long,))
    await store.prepare((long,))
    another = replace(PEOPLE, name="p" * 62)
    await store.prepare((another,))
    await store.commit(Commit(puts=(replace(person(1), collection="p" * 63),)))


async def _analyzed(url: str, schema: str) -> None:
    connection = await psycopg.AsyncConnection.connect(url, autocommit=True)
    async with connection:
        await connection.execute(f'ANALYZE "{schema}".things'.encode())
