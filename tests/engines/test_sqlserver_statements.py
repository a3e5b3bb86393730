"""Every statement for SQL Server is one in the grammar of T-SQL.

There is no server for these tests. What the grammar lets through is looked for in the text.
"""

from __future__ import annotations

import re
import sys
from collections.abc import Iterable, Iterator
from dataclasses import replace
from functools import cache
from importlib import import_module
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from chassis.runtime import generations
from chassis.runtime.projection import ProjectionRuntime
from chassis.runtime.service import ServiceRuntime
from chassis.store.port import (
    AccessPattern,
    Collection,
    Condition,
    Field,
    Kind,
    Operator,
    Query,
    Sort,
)
from chassis.store.sql.queries import count, find, shaped
from chassis.store.sql.reads import UnitReads, get
from chassis.store.sql.tables import DocumentTable, UnitTables, document_table
from chassis.store.sqlserver import schema
from chassis.store.sqlserver.dialect import SqlServerDialect
from chassis.store.sqlserver.schema import Existing, changes, existing_column
from chassis.store.sqlserver.sql import compiled
from chassis.store.sqlserver.statements import DocumentWrites, UnitWrites
from sqlfluff.core import FluffConfig, Linter

from tests.chassis.contracts.store_contract import COLLECTIONS, PEOPLE, THINGS

SHOP = Path(__file__).parents[2] / "examples" / "shop"
DIALECT = SqlServerDialect()
TABLES = UnitTables("unit a", DIALECT)
NOTHING = Existing(False, {}, {}, {})
VALUES: dict[Kind, Any] = {
    Kind.TEXT: "a%",
    Kind.ENUM: "a",
    Kind.UUID: "00000000-0000-0000-0000-000000000001",
    Kind.INTEGER: 1,
    Kind.NUMBER: 1.5,
    Kind.BOOLEAN: True,
    Kind.DECIMAL: "1.50",
    Kind.INSTANT: "2030-01-01T00:00:00Z",
    Kind.DATE: "2030-01-01",
}
FOREIGN = (
    r"\bTRUE\b|\bFALSE\b|(?<!\()\bLIMIT\b|ON CONFLICT|\bILIKE\b|\bMERGE\b|::|NULLS (FIRST|LAST)"
)


class _AskedError(Exception):
    def __init__(self, collections: Iterable[Collection]) -> None:
        self.collections = tuple(collections)


class _Asking:
    async def prepare(self, collections: tuple[Collection, ...]) -> None:
        raise _AskedError(collections)


async def shop_collections() -> dict[str, tuple[Collection, ...]]:
    """Return the collections of the shop's units, which are not installed here."""
    found: dict[str, tuple[Collection, ...]] = {}
    for part, kind in (("services", "service"), ("projections", "projection")):
        for folder in sorted((SHOP / part).iterdir()):
            name = f"shop_{folder.name}"
            unit = getattr(_imported(f"{name}.{kind}", folder / "src"), kind)
            store: Any = _Asking()
            hub: Any = SimpleNamespace(system="none")
            runtime = (ServiceRuntime if kind == "service" else ProjectionRuntime)(unit, store, hub)
            with pytest.raises(_AskedError) as asked:
                await runtime.start()
            rows = [generations.rows_of(unit, 1, store).collection] if part[0] == "p" else []
            found[folder.name] = (*asked.value.collections, *rows)
    return found


def _imported(module: str, folder: Path) -> Any:
    paths = [str(SHOP / "libs/contracts/src"), str(folder)]
    sys.path[:0] = paths
    try:
        return import_module(module)
    finally:
        del sys.path[: len(paths)]


@cache
def linter() -> Linter:
    return Linter(config=FluffConfig(overrides={"dialect": "tsql"}))


def unparsable(sql: str) -> list[str]:
    """Return what of `sql` is not T-SQL. The driver makes `@` names of its parameters."""
    text = re.sub(r"%\((\w+)\)s", r"@\1", sql).replace("%%", "%")
    tree = linter().parse_string(text).tree
    assert tree is not None
    return [segment.raw for segment in tree.recursive_crawl("unparsable")]


def check(sql: str) -> None:
    assert not unparsable(sql), sql
    assert not re.search(FOREIGN, re.sub(r"N?'(''|[^'])*'", "''", sql), re.IGNORECASE), sql


def document(collection: Collection) -> DocumentTable:
    return document_table(collection, "unit a", DIALECT)


def queries(collection: Collection) -> Iterator[Query]:
    """Return queries of all shapes, with each searchable field."""
    every = Query(collection=collection.name, limit=3)
    yield every
    yield replace(every, after=(VALUES[Kind.UUID],))
    for field in collection.fields:
        if field.kind is Kind.JSON:
            continue
        value = VALUES[field.kind]
        conditions = [(operator, value) for operator in Operator if operator not in _SPECIAL]
        conditions += [(operator, None) for operator in Operator if operator not in _SPECIAL]
        conditions += [(Operator.IN, (value,)), (Operator.IN, (value, None))]
        if field.kind is Kind.INTEGER:
            conditions += [(Operator.LESS, 1.5), (Operator.AT_LEAST, 10**400)]
        if field.kind in (Kind.TEXT, Kind.ENUM):
            conditions += [(Operator.PREFIX, "50%"), (Operator.PREFIX, "")]
        for operator, compared in conditions:
            yield replace(every, where=(Condition(field.key, operator, compared),))
    searched = [field for field in collection.fields if field.kind is not Kind.JSON][:2]
    for values in ([VALUES[field.kind] for field in searched], [None for _ in searched]):
        for down in (False, True):
            sort = tuple(Sort(field.key, down) for field in searched)
            yield replace(every, sort=sort)
            yield replace(every, sort=sort, after=(*values, VALUES[Kind.UUID]))


_SPECIAL = (Operator.IN, Operator.PREFIX)


def expected_queries(collection: Collection) -> Iterator[Query]:
    """Return a query by each searchable field, and pages of each sort that has an index."""
    every = Query(collection=collection.name, limit=3)
    yield replace(every, after=(VALUES[Kind.UUID],))
    kinds = {field.key: field.kind for field in collection.fields if field.kind is not Kind.JSON}
    for key, kind in kinds.items():
        yield replace(every, where=(Condition(key, Operator.EQUAL, VALUES[kind]),))
    for sort in collection.indexes:
        after = *(VALUES[kinds[each.field]] for each in sort), VALUES[Kind.UUID]
        yield replace(every, sort=sort, after=after)


def statements(collection: Collection, asked: Iterable[Query]) -> Iterator[str]:
    table = document(collection)
    for statement in (get(table), *vars(DocumentWrites(table)).values()):
        yield compiled(statement).sql
    for query in asked:
        shape, values = shaped(table, query)
        for make in (find, count):
            statement_ = compiled(make(table, shape))
            names = set(re.findall(r"%\((\w+)\)s", statement_.sql))
            assert names <= {**statement_.constants, **values}.keys(), statement_.sql
            yield statement_.sql


@pytest.mark.parametrize("collection", COLLECTIONS, ids=lambda each: each.name)
def test_the_statements_of_the_contract_are_t_sql(collection: Collection) -> None:
    for sql in set(statements(collection, queries(collection))):
        check(sql)
    for sql in changes(TABLES, (document(collection),), NOTHING):
        check(sql)


async def test_the_statements_of_the_shop_are_t_sql() -> None:
    units = await shop_collections()
    assert {"order", "catalog"} <= units.keys()
    seen: set[str] = set()
    for unit, collections in units.items():
        assert collections
        tables = UnitTables(unit, DIALECT)
        documents = tuple(document_table(each, unit, DIALECT) for each in collections)
        seen |= set(changes(tables, documents, NOTHING))
        for collection in collections:
            seen |= set(statements(collection, expected_queries(collection)))
    assert "CREATE SCHEMA [order]" in seen
    for sql in seen:
        check(sql)


def test_the_statements_of_every_unit_are_t_sql() -> None:
    for statement in (*vars(UnitReads(TABLES)).values(), *vars(UnitWrites(TABLES)).values()):
        check(compiled(statement).sql)


@pytest.mark.parametrize("name", ["SERVER", "SCHEMA", "COLUMNS", "INDEXES", "CHECKS"])
def test_the_queries_of_the_catalog_are_t_sql(name: str) -> None:
    check(getattr(schema, name))


@pytest.mark.parametrize(
    "sql",
    [
        "SELECT a FROM t WHERE a = TRUE",
        "SELECT a FROM t ORDER BY a LIMIT 3",
        "INSERT INTO t (a) VALUES (1) ON CONFLICT DO NOTHING",
        "SELECT a FROM t ORDER BY a NULLS FIRST",
        "SELECT a::text FROM t",
        "SELECT a FROM t WHERE a = ANY (@a)",
    ],
)
def test_what_is_not_t_sql_is_found(sql: str) -> None:
    with pytest.raises(AssertionError):
        check(sql)


@pytest.mark.parametrize("name", ["receive", "append", "set_timers"])
def test_what_is_absent_stays_absent(name: str) -> None:
    sql = compiled(vars(UnitWrites(TABLES))[name]).sql
    assert "AS _existing WITH (UPDLOCK, HOLDLOCK)" in sql
    assert "NOT (EXISTS" in sql


def test_hints_and_locks_are_in_the_text() -> None:
    writes = {name: compiled(each).sql for name, each in vars(UnitWrites(TABLES)).items()}
    start = "DELETE TOP (%(limit)s) FROM [unit a].inbox WITH (READPAST, ROWLOCK) WHERE"
    assert writes["forget"].startswith(start)
    assert writes["send"].strip().endswith("AS _rows ORDER BY _rows.[number]")
    assert "sp_getapplock @Resource = %(name)s, @LockMode = N'Exclusive'" in writes["lock"]
    assert "THROW 51205" in writes["lock"]
    inserted = compiled(DocumentWrites(document(PEOPLE)).insert).sql
    assert "WITH (UPDLOCK, HOLDLOCK)" in inserted


def test_a_parameter_is_compared_in_the_type_of_its_column() -> None:
    """Or the column would be converted to `nvarchar`, and its index not used."""
    table = document(THINGS)
    where = (
        Condition("owner", Operator.EQUAL, "a"),
        Condition("price", Operator.LESS, "1.5"),
        Condition("at", Operator.GREATER, "2030-01-01T00:00:00Z"),
    )
    shape, _ = shaped(table, Query(collection="things", where=where, limit=1))
    sql = compiled(find(table, shape)).sql
    text = "CAST(%(w0)s COLLATE Latin1_General_100_BIN2_UTF8 AS VARCHAR(8000))"
    assert f"[unit a].things.owner = {text}" in sql
    assert "[unit a].things.price < CAST(%(w1)s AS DECIMAL(38, 19))" in sql
    assert "[unit a].things.at > CAST(%(w2)s AS DATETIMEOFFSET(6))" in sql
    assert sql.startswith("SELECT TOP (%(limit)s) ")


def test_the_columns_are_those_of_the_documentation() -> None:
    made = changes(TABLES, (document(PEOPLE),), NOTHING)
    (sql,) = (each for each in made if each.startswith("CREATE TABLE [unit a].people"))
    lines = [line.strip().rstrip(",") for line in sql.splitlines()[1:-1]]
    utf8 = "COLLATE Latin1_General_100_BIN2_UTF8"
    assert lines == [
        f"person_id CHAR(36) {utf8} NOT NULL",
        "version BIGINT NOT NULL",
        f"id VARCHAR(max) {utf8} NULL",
        "version_ BIGINT NULL",
        f"name VARCHAR(850) {utf8} NOT NULL",
        f"email VARCHAR(850) {utf8} NULL",
        "number BIGINT NOT NULL",
        "weight FLOAT(53) NOT NULL",
        "balance DECIMAL(36, 18) NOT NULL",
        "seen DATETIMEOFFSET(6) NOT NULL",
        "born DATE NOT NULL",
        f"friend CHAR(36) {utf8} NULL",
        f"color VARCHAR(850) {utf8} NOT NULL CONSTRAINT people_color_check "
        "CHECK ([color] IN (N'red', N'it''s blue'))",
        "address NVARCHAR(max) NOT NULL CONSTRAINT people_address_check "
        "CHECK (ISJSON(N'[' + [address] + N']') = 1)",
        "PRIMARY KEY (person_id)",
    ]


def test_unique_values_may_be_null_more_than_once() -> None:
    made = list(changes(TABLES, (document(PEOPLE),), NOTHING))
    on = "ON [unit a].people"
    assert f"CREATE UNIQUE INDEX people_unique_email {on} (email) WHERE email IS NOT NULL" in made
    assert f"CREATE UNIQUE INDEX people_unique_name_born {on} (name, born)" in made
    by_name = f"people_by_name_balance_d {on} (name ASC, balance DESC, person_id)"
    assert f"CREATE INDEX {by_name}" in made


def test_tables_change_as_fields_come_and_go() -> None:
    old = {
        "id": existing_column(False, "varchar", 850, 0, 0),
        "version": existing_column(False, "bigint", 8, 19, 0),
        "a": existing_column(False, "varchar", -1, 0, 0),
        "gone": existing_column(False, "decimal", 17, 36, 18),
        "color": existing_column(False, "varchar", 850, 0, 0),
    }
    existing = Existing(
        True,
        {**{("moving", name): column for name, column in old.items()}, **_own_columns()},
        {("moving", "moving_by_gone"): frozenset({"gone", "id"})},
        {("moving", "moving_color_check"): ("color", "([color]=N'red')")},
    )
    moving = Collection(
        name="moving",
        fields=(
            Field("a", Kind.TEXT, optional=True),
            Field("b", Kind.INTEGER, default="5"),
            Field("c", Kind.JSON, default='{"x":["it\'s: :y"]}'),
            Field("d", Kind.INSTANT),
            Field("e", Kind.BOOLEAN, default="true", optional=True),
            Field("color", Kind.ENUM, values=("red", "blue")),
        ),
        patterns=(AccessPattern(sort=(Sort("a"),)),),
    )
    made = list(changes(TABLES, (document(moving),), existing))
    for sql in made:
        check(sql)
    table = "ALTER TABLE [unit a].[moving]"
    utf8 = "COLLATE Latin1_General_100_BIN2_UTF8"
    assert made == [
        f"{table} ALTER COLUMN [a] VARCHAR(850) {utf8} NULL",
        "DROP INDEX [moving_by_gone] ON [unit a].[moving]",
        f"{table} ALTER COLUMN [gone] decimal(36, 18) NULL",
        f"{table} ADD b BIGINT NOT NULL DEFAULT 5",
        f"""{table} ADD c NVARCHAR(max) NOT NULL DEFAULT N'{{"x":["it''s: :y"]}}'""",
        f"{table} WITH NOCHECK ADD CONSTRAINT [moving_c_check] "
        "CHECK (ISJSON(N'[' + [c] + N']') = 1)",
        f"{table} ADD d DATETIMEOFFSET(6) NULL",
        f"{table} ADD e BIT NULL DEFAULT 1",
        "UPDATE [unit a].[moving] SET [e] = DEFAULT",
        f"{table} DROP CONSTRAINT [moving_color_check]",
        f"{table} WITH NOCHECK ADD CONSTRAINT [moving_color_check] "
        "CHECK ([color] IN (N'red', N'blue'))",
        "CREATE INDEX moving_by_a ON [unit a].moving (a ASC, id)",
    ]


def test_nothing_changes_where_nothing_is_missing() -> None:
    column = existing_column(True, "bigint", 8, 19, 0)
    things = document(THINGS)
    existing = Existing(
        True,
        {**{("things", each.name): column for each in things.table.columns}, **_own_columns()},
        {("things", str(index.name)): frozenset[str]() for index in things.table.indexes},
        {},
    )
    assert list(changes(TABLES, (things,), existing)) == []


def _own_columns() -> dict[tuple[str, str], schema.ExistingColumn]:
    column = existing_column(True, "bigint", 8, 19, 0)
    return {(table.name, "id"): column for table in TABLES.all}
