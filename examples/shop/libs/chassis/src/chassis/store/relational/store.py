"""What the stores on database servers share: reads are repeated on another connection."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Callable, Mapping
from contextlib import AbstractAsyncContextManager
from typing import Any

from sqlalchemy import ClauseElement, Delete

from chassis.errors import StoreLost, Unavailable
from chassis.store.group_commit import GroupCommit
from chassis.store.relational.writer import Transaction, Writer
from chassis.store.sql.documents import Converters
from chassis.store.sql.store import RelationalStore, Statement, Values
from chassis.store.sql.tables import UnitTables

_NONE: Mapping[str, Any] = {}


class ServerStore(RelationalStore[Statement]):
    """A store whose connections may break."""

    def __init__(
        self,
        where: str,
        tables: UnitTables,
        compiled: Callable[[ClauseElement], Statement],
        converters: Converters,
        begin: Callable[[], AbstractAsyncContextManager[Transaction]],
        forget: Delete,
    ) -> None:
        """Use a database; see `RelationalStore`.

        Args:
            where: The name of the store, without secrets.
            tables: The tables of the unit.
            compiled: Compiles statements.
            converters: How values are read.
            begin: Begins a transaction.
            forget: The statement that forgets entries of the inbox.
        """
        writer = GroupCommit(Writer(begin), where)
        super().__init__(where, tables, compiled, converters, writer, {"forget": forget})

    @abstractmethod
    async def _fetch_once(self, statement: Statement, values: Values) -> list[tuple[Any, ...]]:
        """Return the rows of a read."""

    @abstractmethod
    async def _renew(self) -> None:
        """Replace connections: after one has failed, others may be broken, too."""

    async def _fetch(
        self, statement: Statement, values: Values = _NONE, *, rows: int | None = None
    ) -> list[tuple[Any, ...]]:
        """Return the rows of a read, which is repeated if its connection was broken before."""
        try:
            return await self._fetch_once(statement, values)
        except StoreLost:
            raise
        except Unavailable:
            await self._renew()
            return await self._fetch_once(statement, values)
