"""The store on PostgreSQL: a schema of its own, which any number of processes use.

See `chassis.store.sql` for the rules of its tables.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from typing import Any

from chassis.store.postgresql.commit import Transaction, Writes
from chassis.store.postgresql.dialect import PostgresDialect
from chassis.store.postgresql.documents import CONVERTERS
from chassis.store.postgresql.pool import Address, Limits, Pool
from chassis.store.postgresql.schema import changes, prepare
from chassis.store.postgresql.sql import Statement, compiled
from chassis.store.postgresql.statements import UnitWrites
from chassis.store.relational.store import ServerStore
from chassis.store.sql.tables import DocumentTable, UnitTables

_NONE: Mapping[str, Any] = {}


def open_postgresql(url: str, schema: str, limits: Limits | None = None) -> PostgresStore:
    """Return the store in a schema, which `prepare` creates. Nothing is connected yet.

    Raises:
        ValueError: The URL, or the name of the schema, is not valid.
    """
    if len(schema.encode()) > 63:
        raise ValueError(f"{schema}: the name of a schema has at most 63 bytes")
    address = Address(url, schema)
    return PostgresStore(address, UnitTables(schema, PostgresDialect()), limits or Limits())


class PostgresStore(ServerStore[Statement]):
    """Implements `chassis.store.port.Store`."""

    def __init__(self, address: Address, tables: UnitTables, limits: Limits) -> None:
        self._readers = Pool(address, limits.readers, limits, autocommit=True)
        self._writers = Pool(address, 1, limits, autocommit=False)
        self._writes = Writes(tables)
        forget = UnitWrites(tables).forget
        super().__init__(str(address), tables, compiled, CONVERTERS, self._begin, forget)

    @asynccontextmanager
    async def _begin(self) -> AsyncIterator[Transaction]:
        async with self._writers.connection() as connection:
            yield Transaction(connection, self._writes)

    async def _prepare(self, new: list[DocumentTable]) -> str:
        async with self._readers.connection(limited=False) as connection:
            return await prepare(connection, self._tables, new)

    async def _changes(self, tables: list[DocumentTable]) -> list[str]:
        async with self._readers.connection(limited=False) as connection:
            return await changes(connection, self._tables, tables)

    def _add(self, table: DocumentTable) -> None:
        self._writes.add(table)

    async def _fetch_once(
        self, statement: Statement, values: Mapping[str, Any]
    ) -> list[tuple[Any, ...]]:
        async with self._readers.connection() as connection:
            cursor = await connection.execute(statement.sql, statement.parameters(values))
            return await cursor.fetchall()

    async def _execute(self, statement: Statement, values: Mapping[str, Any] = _NONE) -> int:
        async with self._readers.connection() as connection:
            cursor = await connection.execute(statement.sql, statement.parameters(values))
            return cursor.rowcount

    async def _renew(self) -> None:
        await self._readers.renew()

    async def _disconnect(self) -> None:
        await self._writers.close()
        await self._readers.close()
