"""Writes commits to SQL Server, each group in one transaction, whose steps run in one thread."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Any, TypeAlias

from chassis.errors import AlreadyHandled, Conflict, Duplicate
from chassis.store.group_commit import Batch
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
from chassis.store.sql.texts import unescaped
from chassis.store.sqlserver.documents import delete_rows, put_rows
from chassis.store.sqlserver.errors import SqlError, duplicate
from chassis.store.sqlserver.pool import Connection, Session
from chassis.store.sqlserver.rows import rows_json
from chassis.store.sqlserver.sql import Statement, compiled
from chassis.store.sqlserver.statements import DocumentWrites, UnitWrites

Values: TypeAlias = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class _Documents:
    insert: Statement
    update: Statement
    delete: Statement


@dataclass(slots=True)
class Writes:
    """Writes batches to the tables of a unit."""

    tables: UnitTables
    unique: dict[str, Duplicate] = field(init=False, default_factory=dict)
    _unit: dict[str, Statement] = field(init=False)
    _tables: dict[str, DocumentTable] = field(init=False, default_factory=dict)
    _documents: dict[str, _Documents] = field(init=False, default_factory=dict)

    def __post_init__(self) -> None:
        statements = vars(UnitReads(self.tables)) | vars(UnitWrites(self.tables))
        names = ("handled", "published", "drop_timers", "change_timers", "lock", *COLUMNS)
        self._unit = {name: compiled(statements[name]) for name in names}

    def add(self, table: DocumentTable) -> None:
        """Compile the statements for the documents of a collection."""
        new, name = DocumentWrites(table), table.collection.name
        self._tables[name] = table
        self._documents[name] = _Documents(
            compiled(new.insert), compiled(new.update), compiled(new.delete)
        )
        for index, fields in table.unique.items():
            self.unique[index] = Duplicate(name, fields)

    async def write(self, connection: Connection, batch: Batch) -> None:
        """Write a batch. The caller commits, or rolls back if this raises an exception.

        Raises:
            AlreadyHandled: Messages were handled before.
            Conflict: A version is not the expected one.
        """
        planned = [
            (step, list(self._statements(step)))
            for step in steps(batch, self._tables, self.tables.dialect)
        ]
        failed = await connection.use(lambda session: _write(session, planned))
        if isinstance(failed, Add) and failed.name == "receive":
            await connection.use(lambda session: session.rollback())
            if results := await self._results(connection, batch.messages):
                raise AlreadyHandled(results)
        if failed is not None:
            raise Conflict

    async def _results(self, connection: Connection, messages: list[str]) -> dict[str, str | None]:
        dialect = self.tables.dialect
        values = {"messages": dialect.array([dialect.text(message) for message in messages])}
        return {
            unescaped(message): None if result is None else unescaped(result)
            for message, result in await connection.fetch(self._unit["handled"].sql, values)
        }

    def _statements(self, step: Step) -> Iterator[tuple[Statement, Values]]:
        """Return the statements of a step; the last one must write all of its rows."""
        match step:
            case Lock():
                yield self._unit["lock"], {"name": f"{self.tables.metadata.schema}.outbox"}
            case Remove(name, values):
                parameter = "positions" if name == "published" else "ids"
                yield self._unit[name], {parameter: self.tables.dialect.array(values)}
            case Add("send", rows):
                numbered = ((number, *row) for number, row in enumerate(rows))
                yield self._unit["send"], {"rows": rows_json(numbered)}
            case Add(name, rows):
                parameters = {"rows": rows_json(rows)}
                if name == "set_timers":
                    yield self._unit["change_timers"], parameters
                yield self._unit[name], parameters
            case WriteDocuments(table, puts, new):
                documents = self._documents[table.collection.name]
                statement = documents.insert if new else documents.update
                yield statement, {"rows": put_rows(table, puts)}
            case RemoveDocuments(table, deletes):
                statement = self._documents[table.collection.name].delete
                yield statement, {"rows": delete_rows(deletes)}


def _write(
    session: Session, planned: list[tuple[Step, list[tuple[Statement, Values]]]]
) -> Step | None:
    """Execute steps, and return the first one that did not write all of its rows."""
    for step, statements in planned:
        written = 0
        for statement, values in statements:
            written = session.execute(statement.sql, statement.parameters(values))
        if row_count(step) not in (None, written):
            return step
    return None


@dataclass(frozen=True, slots=True)
class Transaction:
    """A transaction that writes one batch."""

    connection: Connection
    writes: Writes

    async def write(self, batch: Batch) -> None:
        """See `chassis.store.relational.writer.Transaction`."""
        try:
            await self.writes.write(self.connection, batch)
        except SqlError as error:
            if (found := duplicate(error, self.writes.unique)) is not None:
                raise Duplicate(found.collection, found.fields) from None
            if error.is_lost_race:
                raise Again(str(error)) from None
            raise

    async def commit(self) -> None:
        """See `chassis.store.relational.writer.Transaction`."""
        await self.connection.use(lambda session: session.commit())

    async def rollback(self) -> None:
        """See `chassis.store.relational.writer.Transaction`."""
        with suppress(SqlError):
            await self.connection.use(lambda session: session.rollback())
