"""The statements that only PostgreSQL has: writes, as SQLAlchemy Core.

Whatever its number of rows, a write is one statement. The rows of documents are one parameter: a
JSON array, which the database splits into typed columns.
"""

from __future__ import annotations

from typing import Any

from sqlalchemy import (
    ARRAY,
    JSON,
    BigInteger,
    Column,
    DateTime,
    Delete,
    Exists,
    LargeBinary,
    TableValuedAlias,
    Text,
    Update,
    bindparam,
    cast,
    column,
    delete,
    exists,
    func,
    or_,
    select,
    update,
)
from sqlalchemy.dialects.postgresql import Insert, insert
from sqlalchemy.types import TypeEngine

from chassis.store.sql.tables import DocumentTable, UnitTables

_LOCK = func.pg_advisory_xact_lock(func.hashtextextended(bindparam("name"), 0))


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
        self.set_timers = _set_timers(tables)
        self.lock = select(_LOCK)
        self.send = _send(tables)


def _rows(*columns: Column[Any]) -> TableValuedAlias:
    """Return the rows of the JSON array that is the parameter `rows`."""
    rows = func.json_to_recordset(bindparam("rows", type_=JSON()))
    return rows.table_valued(*columns).render_derived(name="_rows", with_types=True)


def _put_rows(table: DocumentTable) -> tuple[TableValuedAlias, dict[str, Any]]:
    """Return the rows of documents, and what they write to each column."""
    rows = _rows(
        Column("id", table.id.type),
        Column("version", BigInteger),
        Column("expected", BigInteger),
        Column("data", JSON),
    )
    values: dict[str, Any] = {table.id.name: rows.c.id, table.version.name: rows.c.version}
    if others := {k: c for k, c in table.columns.items() if c is not table.id}:
        fields = (
            func.json_to_record(rows.c.data)
            .table_valued(*(column(key, each.type) for key, each in others.items()))
            .render_derived(name="_fields", with_types=True)
        )
        values |= {each.name: fields.c[key] for key, each in others.items()}
    return rows, values


def _insert(table: DocumentTable) -> Insert:
    _, values = _put_rows(table)
    new = insert(table.table).from_select(list(values), select(*values.values()))
    return new.on_conflict_do_nothing(index_elements=[table.id])


def _update(table: DocumentTable) -> Update:
    rows, values = _put_rows(table)
    id = values.pop(table.id.name)
    expected = table.version == rows.c.expected
    return update(table.table).values(values).where(table.id == id, expected)


def _delete(table: DocumentTable) -> Delete:
    rows = _rows(Column("id", table.id.type), Column("expected", BigInteger))
    expected = table.version == rows.c.expected
    return delete(table.table).where(table.id == rows.c.id, expected)


def _unnest(**columns: TypeEngine[Any]) -> TableValuedAlias:
    """Return rows whose columns are parameters of the same names, in order."""
    arrays = [_array(name, type) for name, type in columns.items()]
    names = [column(name, type) for name, type in columns.items()]
    rows = func.unnest(*arrays).table_valued(*names, with_ordinality="number")
    return rows.render_derived(name="_rows")


def _receive(tables: UnitTables) -> Insert:
    rows = _unnest(message=Text(), result=Text())
    found = select(rows.c.message, rows.c.result, tables.meta.c.inbox_generation)
    new = insert(tables.inbox).from_select(["message", "result", "generation"], found)
    return new.on_conflict_do_nothing()


def _append(tables: UnitTables) -> Insert:
    """Return the statement that appends events; it leaves out those that do not follow others."""
    events, text = tables.events, Text()
    rows = _unnest(
        stream=text,
        expected=BigInteger(),
        version=BigInteger(),
        id=text,
        type=text,
        envelope=LargeBinary(),
    )
    last = events.alias("last")
    follows: Exists = exists().where(
        last.c.stream == rows.c.stream, last.c.version == rows.c.expected
    )
    names = ["stream", "version", "id", "type", "envelope"]
    found = select(*(rows.c[name] for name in names)).where(or_(rows.c.expected == 0, follows))
    return insert(events).from_select(names, found).on_conflict_do_nothing()


def _set_timers(tables: UnitTables) -> Insert:
    text = Text()
    rows = _unnest(id=text, due_at=DateTime(timezone=True), handler=text, data=text)
    names = ["id", "due_at", "handler", "data"]
    new = insert(tables.timers).from_select(names, select(*(rows.c[name] for name in names)))
    changed = {name: new.excluded[name] for name in names[1:]}
    return new.on_conflict_do_update(index_elements=["id"], set_=changed)


def _send(tables: UnitTables) -> Insert:
    """Return the statement that adds to the outbox: positions are in the order of the rows."""
    text = Text()
    rows = _unnest(topic=text, subject=text, id=text, type=text, envelope=LargeBinary())
    names = ["topic", "subject", "id", "type", "envelope"]
    found = select(*(rows.c[name] for name in names)).order_by(rows.c.number)
    return insert(tables.outbox).from_select(names, found)


def _forget(tables: UnitTables) -> Delete:
    inbox, meta = tables.inbox, tables.meta
    oldest = select(meta.c.inbox_generation - cast(bindparam("generations"), BigInteger))
    old = (
        select(inbox.c.message)
        .where(inbox.c.generation <= oldest.scalar_subquery())
        .limit(bindparam("limit"))
        .with_for_update(skip_locked=True)
    )
    return delete(inbox).where(inbox.c.message.in_(old))


def _array(name: str, type: TypeEngine[Any]) -> Any:
    return cast(bindparam(name, type_=ARRAY(type)), ARRAY(type))
