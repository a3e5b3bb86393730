"""Writes commits to PostgreSQL, each group in one transaction of two round trips.

The first one sends all statements, the second one is the COMMIT or ROLLBACK.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Any

from psycopg import AsyncCursor, Error
from psycopg.errors import UniqueViolation

from chassis.errors import AlreadyHandled, Conflict, Duplicate
from chassis.store.group_commit import Batch
from chassis.store.postgresql.documents import delete_rows, put_rows
from chassis.store.postgresql.errors import FAILURES, is_lost_race
from chassis.store.postgresql.pool import Connection
from chassis.store.postgresql.sql import Statement, compiled
from chassis.store.postgresql.statements import DocumentWrites, UnitWrites
from chassis.store.relational.commit import (
    COLUMNS,
    Add,
    Lock,
    Remove,
    RemoveDocuments,
    Step,
    WriteDocuments,
    row_count,
    steps,
)
from chassis.store.relational.writer import Again
from chassis.store.sql.reads import UnitReads
from chassis.store.sql.tables import DocumentTable, UnitTables
from chassis.store.sql.texts import escaped, unescaped


@dataclass(frozen=True, slots=True)
class _Documents:
    insert: Statement
    update: Statement
    delete: Statement


@dataclass(slots=True)
class Writes:
    """Writes batches to the tables of a unit."""

    tables: UnitTables
    _unit: dict[str, Statement] = field(init=False)
    _tables: dict[str, DocumentTable] = field(init=False, default_factory=dict)
    _documents: dict[str, _Documents] = field(init=False, default_factory=dict)
    _unique: dict[str, Duplicate] = field(init=False, default_factory=dict)

    def __post_init__(self) -> None:
        statements = vars(UnitReads(self.tables)) | vars(UnitWrites(self.tables))
        names = ("handled", "published", "drop_timers", "lock", *COLUMNS)
        self._unit = {name: compiled(statements[name]) for name in names}

    def add(self, table: DocumentTable) -> None:
        """Compile the statements for the documents of a collection."""
        new, name = DocumentWrites(table), table.collection.name
        self._tables[name] = table
        self._documents[name] = _Documents(
            compiled(new.insert), compiled(new.update), compiled(new.delete)
        )
        for index, fields in table.unique.items():
            self._unique[index] = Duplicate(name, fields)

    async def write(self, connection: Connection, batch: Batch) -> None:
        """Write a batch. The caller commits, or rolls back if this raises an exception.

        Raises:
            AlreadyHandled: Messages were handled before.
            Conflict: A version is not the expected one.
            Duplicate: Another document has the same values in unique fields.
        """
        planned = list(steps(batch, self._tables, self.tables.dialect))
        cursors: list[AsyncCursor[Any]] = []
        failure: Error | None = None
        try:
            async with connection.pipeline():
                for step in planned:
                    statement, values = self._statement(step)
                    cursors.append(connection.cursor())
                    await cursors[-1].execute(statement.sql, statement.parameters(values))
        except Error as error:
            failure = error
        for step, cursor in zip(planned, cursors, strict=False):
            if row_count(step) in (None, cursor.rowcount) or cursor.rowcount == -1:
                continue
            if isinstance(step, Add) and step.name == "receive":
                await connection.rollback()
                if results := await self._results(connection, batch.messages):
                    raise AlreadyHandled(results)
                raise Conflict  # they have just been forgotten
            if failure is None:
                raise Conflict
        if isinstance(failure, UniqueViolation):
            index = failure.diag.constraint_name or ""
            if (duplicate := self._unique.get(index)) is not None:
                raise Duplicate(duplicate.collection, duplicate.fields) from None
        if failure is not None:
            raise failure

    async def _results(
        self, connection: Connection, messages: Iterable[str]
    ) -> dict[str, str | None]:
        values = {"messages": [escaped(message) for message in messages]}
        cursor = await connection.execute(self._unit["handled"].sql, values)
        return {
            unescaped(message): None if result is None else unescaped(result)
            for message, result in await cursor.fetchall()
        }

    def _statement(self, step: Step) -> tuple[Statement, Mapping[str, Any]]:
        match step:
            case Lock():
                return self._unit["lock"], {"name": f"{self.tables.metadata.schema}.outbox"}
            case Remove(name, values):
                parameter = "positions" if name == "published" else "ids"
                return self._unit[name], {parameter: values}
            case Add(name, rows):
                arrays = {key: [row[n] for row in rows] for n, key in enumerate(COLUMNS[name])}
                return self._unit[name], arrays
            case WriteDocuments(table, puts, new):
                documents = self._documents[table.collection.name]
                statement = documents.insert if new else documents.update
                return statement, {"rows": put_rows(puts)}
            case RemoveDocuments(table, deletes):
                statement = self._documents[table.collection.name].delete
                return statement, {"rows": delete_rows(deletes)}


@dataclass(frozen=True, slots=True)
class Transaction:
    """A transaction that writes one batch."""

    connection: Connection
    writes: Writes

    async def write(self, batch: Batch) -> None:
        """See `chassis.store.relational.writer.Transaction`."""
        try:
            await self.writes.write(self.connection, batch)
        except FAILURES as error:
            if is_lost_race(error):
                raise Again(str(error)) from error
            raise

    async def commit(self) -> None:
        """See `chassis.store.relational.writer.Transaction`."""
        await self.connection.commit()

    async def rollback(self) -> None:
        """See `chassis.store.relational.writer.Transaction`."""
        with suppress(*FAILURES):
            await self.connection.rollback()
