"""The statements that only SQL Server has: writes, as SQLAlchemy Core.

Whatever its number of rows, a write is one statement, or two for timers; its rows are one
parameter. What is only added if it is absent is looked for with a lock on its place in the index,
so nobody else can add it meanwhile.
"""

from __future__ import annotations

from typing import Any

from sqlalchemy import (
    ColumnElement,
    Delete,
    FromClause,
    Insert,
    Select,
    Table,
    TextClause,
    Update,
    bindparam,
    delete,
    insert,
    literal_column,
    or_,
    select,
    text,
    update,
)

from chassis.store.relational.commit import COLUMNS
from chassis.store.sql.tables import DocumentTable, UnitTables
from chassis.store.sqlserver.rows import rows_of
from chassis.store.sqlserver.types import INTEGER

_ABSENT = "WITH (UPDLOCK, HOLDLOCK)"
_UNHINDERED = "WITH (READPAST, ROWLOCK)"  # rows that others have locked are left for later
_LOCK = """DECLARE @locked int;
EXEC @locked = sp_getapplock @Resource = :name, @LockMode = N'Exclusive',
    @LockOwner = N'Transaction';
IF @locked < 0 THROW 51205, N'the lock was not granted', 1;"""


class DocumentWrites:
    """The statements that write the documents of a collection.

    Attributes:
        insert: Writes new documents; those whose id exists are left out.
        update: Writes documents that have the expected version.
        delete: Removes documents that have the expected version.
    """

    def __init__(self, table: DocumentTable) -> None:
        self.insert = _insert(table)
        self.update = _update(table)
        self.delete = _delete(table)


class UnitWrites:
    """The statements that write to the tables that every unit has."""

    def __init__(self, tables: UnitTables) -> None:
        self.forget = _forget(tables)
        self.receive = _receive(tables)
        self.append = _append(tables)
        self.change_timers = _change_timers(tables)
        self.set_timers = _set_timers(tables)
        self.lock = lock()
        self.send = _send(tables)


def lock() -> TextClause:
    """Return the statement that locks a `name` until the end of the transaction.

    Error 51205 means that it was chosen as the victim of a deadlock, or waited for too long.
    """
    return text(_LOCK)


def _put_rows(table: DocumentTable) -> FromClause:
    """Return the rows of documents; see `put_rows`."""
    fields = {key: column.type for key, column in _fields(table).items()}
    own = {" id": table.id.type, " version": INTEGER, " expected": INTEGER}
    return rows_of("rows", own | fields)


def _fields(table: DocumentTable) -> dict[str, ColumnElement[Any]]:
    return {key: column for key, column in table.columns.items() if column is not table.id}


def _written(table: DocumentTable, rows: FromClause) -> dict[str, ColumnElement[Any]]:
    fields = {table.columns[key].name: rows.c[key] for key in _fields(table)}
    return {table.version.name: rows.c[" version"], **fields}


def _insert(table: DocumentTable) -> Insert:
    rows = _put_rows(table)
    values = {table.id.name: rows.c[" id"], **_written(table, rows)}
    new = select(*values.values()).where(_absent(table.table, **{table.id.name: rows.c[" id"]}))
    return insert(table.table).from_select(list(values), new)


def _update(table: DocumentTable) -> Update:
    rows = _put_rows(table)
    expected = table.version == rows.c[" expected"]
    changed = update(table.table).values(_written(table, rows))
    return changed.where(table.id == rows.c[" id"], expected)


def _delete(table: DocumentTable) -> Delete:
    rows = rows_of("rows", {"id": table.id.type, "expected": INTEGER})
    expected = table.version == rows.c.expected
    return delete(table.table).where(table.id == rows.c.id, expected)


def _absent(table: Table, **values: ColumnElement[Any]) -> ColumnElement[bool]:
    """Return the condition that no row has these values, which stays true."""
    existing = table.alias("_existing")
    one: Select[Any] = select(literal_column("1")).select_from(existing)
    found = one.with_hint(existing, _ABSENT, "mssql")
    return ~found.where(*(existing.c[name] == value for name, value in values.items())).exists()


def _new_rows(table: Table, name: str) -> FromClause:
    """Return rows for a table. One that is no column of it is a version."""
    columns = {key: table.c[key].type if key in table.c else INTEGER for key in COLUMNS[name]}
    return rows_of("rows", columns)


def _receive(tables: UnitTables) -> Insert:
    inbox = tables.inbox
    rows = _new_rows(inbox, "receive")
    found = select(rows.c.message, rows.c.result, tables.meta.c.inbox_generation)
    new = found.where(_absent(inbox, message=rows.c.message))
    return insert(inbox).from_select(["message", "result", "generation"], new)


def _append(tables: UnitTables) -> Insert:
    """Return the statement that appends events; it leaves out those that do not follow others."""
    events = tables.events
    rows = _new_rows(events, "append")
    last = events.alias("_last")
    follows: Select[Any] = select(literal_column("1")).where(
        last.c.stream == rows.c.stream, last.c.version == rows.c.expected
    )
    names = ["stream", "version", "id", "type", "envelope"]
    found = select(*(rows.c[name] for name in names)).where(
        or_(rows.c.expected == 0, follows.exists()),
        _absent(events, stream=rows.c.stream, version=rows.c.version),
    )
    return insert(events).from_select(names, found)


def _change_timers(tables: UnitTables) -> Update:
    timers = tables.timers
    rows = _new_rows(timers, "set_timers")
    changed = {name: rows.c[name] for name in ("due_at", "handler", "data")}
    return update(timers).values(changed).where(timers.c.id == rows.c.id)


def _set_timers(tables: UnitTables) -> Insert:
    """Return the statement that sets those timers that `change_timers` did not find."""
    timers = tables.timers
    rows = _new_rows(timers, "set_timers")
    found: Select[Any] = select(*(rows.c[name] for name in COLUMNS["set_timers"]))
    new = found.where(_absent(timers, id=rows.c.id))
    return insert(timers).from_select(list(COLUMNS["set_timers"]), new)


def _send(tables: UnitTables) -> Insert:
    """Return the statement that adds to the outbox: positions are in the order of the rows."""
    outbox, names = tables.outbox, COLUMNS["send"]
    rows = rows_of("rows", {"number": INTEGER} | {name: outbox.c[name].type for name in names})
    found: Select[Any] = select(*(rows.c[name] for name in names))
    in_order = found.suffix_with(text("ORDER BY _rows.[number]"))  # or the compiler leaves it out
    return insert(outbox).from_select(list(names), in_order)


def _forget(tables: UnitTables) -> Delete:
    inbox, meta = tables.inbox, tables.meta
    oldest = select(
        (meta.c.inbox_generation - bindparam("generations", type_=INTEGER)).label("oldest")
    )
    return (
        delete(inbox)
        .prefix_with(text("TOP (:limit)"))
        .with_hint(_UNHINDERED, dialect_name="mssql")
        .where(inbox.c.generation <= oldest.scalar_subquery())
    )
