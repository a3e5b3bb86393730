"""Statements. Rows are written as JSON, so a process can write what another one has prepared."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator

from chassis.store.cassandra.layout import Column, Key, Row, Table
from chassis.store.cassandra.values import Cell

UNIT = (
    "id int PRIMARY KEY, store uuid, position bigint, writer uuid, intent blob, applied bigint, "
    "catalog_version bigint, catalog text, generation bigint, forgotten bigint, pings bigint"
)
INBOX = "message text PRIMARY KEY, result text, generation bigint"
INBOX_BY_GENERATION = (
    "generation bigint, shard int, message text, position bigint, "
    "PRIMARY KEY ((generation, shard), message)"
)


class Cql:
    """Makes statements for one keyspace."""

    def __init__(self, keyspace: str) -> None:
        self._keyspace = keyspace

    def table(self, name: str) -> str:
        """Return the name of a table."""
        return f"{quoted(self._keyspace)}.{quoted(name)}"

    def create(self, table: Table) -> str:
        """Return the statement that creates a table."""
        columns = (*table.partition, *table.clustering, *table.columns)
        definitions = ", ".join(f"{quoted(each.name)} {each.type}" for each in columns)
        partition = ", ".join(quoted(each.name) for each in table.partition)
        key = "".join(f", {quoted(each.name)}" for each in table.clustering)
        order = ", ".join(
            f"{quoted(each.name)} {'DESC' if each.descending else 'ASC'}"
            for each in table.clustering
        )
        options = f" WITH CLUSTERING ORDER BY ({order})" if order else ""
        return (
            f"CREATE TABLE IF NOT EXISTS {self.table(table.name)} "
            f"({definitions}, PRIMARY KEY (({partition}){key})){options}"
        )

    def add(self, table: Table, column: Column) -> str:
        """Return the statement that adds a column."""
        return (
            f"ALTER TABLE {self.table(table.name)} "
            f"ADD IF NOT EXISTS {quoted(column.name)} {column.type}"
        )

    def select(
        self, table: str, columns: Iterable[str], conditions: Iterable[str] = (), end: str = ""
    ) -> str:
        """Return a read."""
        where = " AND ".join(conditions)
        names = ", ".join(columns)
        return f"SELECT {names} FROM {self.table(table)}{where and f' WHERE {where}'}{end}"

    def insert(self, table: str) -> str:
        """Return the write of a row, given as JSON, at a timestamp."""
        return f"INSERT INTO {self.table(table)} JSON ? DEFAULT UNSET USING TIMESTAMP ?"

    def delete(self, table: str, columns: Iterable[str]) -> str:
        """Return the removal of a row, whose key is given as JSON, at a timestamp."""
        where = " AND ".join(f"{quoted(each)} = fromJson(?)" for each in columns)
        return f"DELETE FROM {self.table(table)} USING TIMESTAMP ? WHERE {where}"


def quoted(name: str) -> str:
    """Return a name as an identifier."""
    doubled = name.replace('"', '""')
    return f'"{doubled}"'


def json_row(cells: Iterable[tuple[str, Cell]]) -> str:
    """Return the JSON of a row."""
    return json.dumps({quoted(name): cell for name, cell in cells}, ensure_ascii=False)


def json_key(key: Key) -> Iterator[str]:
    """Return the JSON of each cell of a key."""
    return (json.dumps(cell, ensure_ascii=False) for _, cell in key)


def columns_of(row: Row) -> Iterator[tuple[str, Cell]]:
    """Return all cells of a row by column."""
    yield from row.key
    yield from row.cells.items()
