"""What a commit writes to PostgreSQL, in one transaction of two round trips.

The first one sends all statements, the second one is the COMMIT or ROLLBACK. Messages enter the
outbox last, under a lock that is held until the end: so positions are in the order of the commits,
and whoever has read up to one of them finds none before it later.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from psycopg import AsyncCursor, Error
from psycopg.errors import UniqueViolation
from sqlalchemy import bindparam, func, select

from chassis.envelope import Outgoing
from chassis.errors import AlreadyHandled, Conflict, Duplicate
from chassis.store.port import Append, Commit, Delete, Put, Received, Timer
from chassis.store.postgresql.pool import Connection
from chassis.store.postgresql.sql import Statement, compiled
from chassis.store.sql.documents import delete_rows, is_uuid, put_rows
from chassis.store.sql.statements import DocumentStatements, UnitStatements
from chassis.store.sql.tables import DocumentTable, UnitTables
from chassis.store.sql.texts import escaped, unescaped

_LOCK = func.pg_advisory_xact_lock(func.hashtextextended(bindparam("name"), 0))


@dataclass(frozen=True, slots=True, kw_only=True)
class Batch:
    """Commits that are written in one transaction, because none of them touches what others do."""

    commits: tuple[Commit, ...]
    published: tuple[int, ...] = ()


@dataclass(frozen=True, slots=True)
class _Step:
    """A statement, and how many rows it must write; None for any number."""

    statement: Statement
    values: Mapping[str, Any]
    rows: int | None = None


@dataclass(frozen=True, slots=True)
class _Documents:
    table: DocumentTable
    insert: Statement
    update: Statement
    delete: Statement


@dataclass(slots=True)
class Writes:
    """Writes batches to the tables of a unit."""

    tables: UnitTables
    _unit: dict[str, Statement] = field(init=False)
    _documents: dict[str, _Documents] = field(init=False, default_factory=dict)
    _unique: dict[str, Duplicate] = field(init=False, default_factory=dict)

    def __post_init__(self) -> None:
        statements = UnitStatements(self.tables)
        names = ("handled", "published", "receive", "append", "drop_timers", "set_timers", "send")
        self._unit = {name: compiled(getattr(statements, name)) for name in names}
        self._unit["lock"] = compiled(select(_LOCK))

    def add(self, table: DocumentTable) -> None:
        """Compile the statements for the documents of a collection."""
        new = DocumentStatements(table)
        name = table.collection.name
        self._documents[name] = _Documents(
            table, compiled(new.insert), compiled(new.update), compiled(new.delete)
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
        steps = list(self._steps(batch))
        cursors: list[AsyncCursor[Any]] = []
        failure: Error | None = None
        try:
            async with connection.pipeline():
                for step in steps:
                    cursors.append(connection.cursor())
                    parameters = step.statement.parameters(step.values)
                    await cursors[-1].execute(step.statement.sql, parameters)
        except Error as error:
            failure = error
        inbox = [entry for commit in batch.commits for entry in commit.inbox]
        for step, cursor in zip(steps, cursors, strict=False):
            if step.rows is None or cursor.rowcount in (step.rows, -1):
                continue
            if step.statement is self._unit["receive"]:
                await connection.rollback()
                if results := await self._results(connection, inbox):
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
        self, connection: Connection, inbox: Iterable[Received]
    ) -> dict[str, str | None]:
        messages = [escaped(entry.message) for entry in inbox]
        cursor = await connection.execute(self._unit["handled"].sql, {"messages": messages})
        return {
            unescaped(message): None if result is None else unescaped(result)
            for message, result in await cursor.fetchall()
        }

    def _steps(self, batch: Batch) -> Iterator[_Step]:
        """Return the steps in the same order for all writers, so that locks are, too."""
        commits = batch.commits
        if batch.published:
            yield _Step(self._unit["published"], {"positions": list(batch.published)})
        if inbox := [entry for commit in commits for entry in commit.inbox]:
            yield _Step(self._unit["receive"], _inbox_values(inbox), len(inbox))
        if appends := [append for commit in commits for append in commit.appends]:
            values = _event_values(appends)
            yield _Step(self._unit["append"], values, len(values["stream"]))
        yield from self._document_steps(commits)
        if ids := [escaped(id) for commit in commits for id in commit.drop_timers]:
            yield _Step(self._unit["drop_timers"], {"ids": ids})
        if timers := {timer.id: timer for commit in commits for timer in commit.set_timers}:
            yield _Step(self._unit["set_timers"], _timer_values(timers.values()))
        if outbox := [message for commit in commits for message in commit.outbox]:
            yield _Step(self._unit["lock"], {"name": f"{self.tables.metadata.schema}.outbox"})
            yield _Step(self._unit["send"], _message_values(outbox))

    def _document_steps(self, commits: Iterable[Commit]) -> Iterator[_Step]:
        """Return deletes, then changes, then new documents, which may take over unique values."""
        puts: dict[tuple[str, bool], list[Put]] = {}
        deletes: dict[str, list[Delete]] = {}
        for commit in commits:
            for put in commit.puts:
                self._check_id(put)
                puts.setdefault((put.collection, put.expected == 0), []).append(put)
            for delete in commit.deletes:
                self._check_id(delete)
                deletes.setdefault(delete.collection, []).append(delete)
        for collection, removed in sorted(deletes.items()):
            rows = delete_rows(sorted(removed, key=lambda delete: delete.id))
            yield _Step(self._documents[collection].delete, {"rows": rows}, len(removed))
        for (collection, new), group in sorted(puts.items()):
            statements = self._documents[collection]
            statement = statements.insert if new else statements.update
            rows = put_rows(sorted(group, key=lambda put: put.id))
            yield _Step(statement, {"rows": rows}, len(group))

    def _check_id(self, change: Put | Delete) -> None:
        if self._documents[change.collection].table.has_uuids and not is_uuid(change.id):
            if isinstance(change, Delete):
                raise Conflict  # there is none
            raise ValueError(f"{change.collection}: {change.id!r} is not a UUID in canonical form")


def _inbox_values(inbox: Iterable[Received]) -> dict[str, list[Any]]:
    rows = [(escaped(each.message), each.result and escaped(each.result)) for each in inbox]
    rows.sort(key=lambda row: row[0])
    return _columns(("message", "result"), rows)


def _event_values(appends: Iterable[Append]) -> dict[str, list[Any]]:
    rows = [
        (escaped(append.stream), append.expected, version, event.id, event.type, event.data)
        for append in sorted(appends, key=lambda append: append.stream)
        for version, event in enumerate(append.events, append.expected + 1)
    ]
    return _columns(("stream", "expected", "version", "id", "type", "data"), rows)


def _timer_values(timers: Iterable[Timer]) -> dict[str, list[Any]]:
    rows = [
        (escaped(timer.id), timer.due, escaped(timer.handler), escaped(timer.data))
        for timer in sorted(timers, key=lambda timer: timer.id)
    ]
    return _columns(("id", "due", "handler", "data"), rows)


def _message_values(messages: Iterable[Outgoing]) -> dict[str, list[Any]]:
    rows = [
        (
            escaped(each.topic),
            escaped(each.subject),
            escaped(each.id),
            escaped(each.type),
            each.data,
        )
        for each in messages
    ]
    return _columns(("topic", "subject", "id", "type", "data"), rows)


def _columns(names: tuple[str, ...], rows: list[tuple[Any, ...]]) -> dict[str, list[Any]]:
    return {name: [row[n] for row in rows] for n, name in enumerate(names)}
