"""The store on SQL Server: a schema of its own, which any number of processes use.

See `chassis.store.sql` for the rules of its tables.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager
from functools import partial
from typing import Any

from chassis.store.relational.store import ServerStore
from chassis.store.sql.tables import DocumentTable, UnitTables
from chassis.store.sqlserver.commit import Transaction, Writes
from chassis.store.sqlserver.documents import CONVERTERS
from chassis.store.sqlserver.pool import Limits, Pool, Session
from chassis.store.sqlserver.schema import pending, prepare
from chassis.store.sqlserver.sql import Statement, compiled
from chassis.store.sqlserver.statements import UnitWrites

_NONE: Mapping[str, Any] = {}


class SqlServerStore(ServerStore[Statement]):
    """Implements `chassis.store.port.Store`."""

    def __init__(
        self, connect: Callable[..., Session], where: str, tables: UnitTables, limits: Limits
    ) -> None:
        """Use a database.

        Args:
            connect: Opens a connection, with `autocommit` or without.
            where: The name of the store, without secrets.
            tables: The tables of the unit.
            limits: How much it uses.
        """
        reading, writing = partial(connect, autocommit=True), partial(connect, autocommit=False)
        self._readers = Pool(reading, limits.readers, limits, where)
        self._writers = Pool(writing, 1, limits, where)
        self._writes = Writes(tables)
        forget = UnitWrites(tables).forget
        super().__init__(where, tables, compiled, CONVERTERS, self._begin, forget)

    @asynccontextmanager
    async def _begin(self) -> AsyncIterator[Transaction]:
        async with self._writers.connection() as connection:
            yield Transaction(connection, self._writes)

    async def _prepare(self, new: list[DocumentTable]) -> str:
        async with self._writers.connection(limited=False) as connection:
            return await prepare(connection, self._tables, new, self._where)

    async def _changes(self, tables: list[DocumentTable]) -> list[str]:
        async with self._writers.connection(limited=False) as connection:
            return await pending(connection, self._tables, tables)

    def _add(self, table: DocumentTable) -> None:
        self._writes.add(table)

    async def _fetch_once(
        self, statement: Statement, values: Mapping[str, Any]
    ) -> list[tuple[Any, ...]]:
        async with self._readers.connection() as connection:
            return await connection.fetch(statement.sql, statement.parameters(values))

    async def _execute(self, statement: Statement, values: Mapping[str, Any] = _NONE) -> int:
        async with self._readers.connection() as connection:
            return await connection.execute(statement.sql, statement.parameters(values))

    async def _renew(self) -> None:
        self._readers.renew()

    async def _disconnect(self) -> None:
        await self._writers.close()
        await self._readers.close()
