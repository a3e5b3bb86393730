"""The tables of a unit; see `chassis.store.sql` for their rules."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from typing import Any

from sqlalchemy import (
    CheckConstraint,
    Column,
    Identity,
    Index,
    MetaData,
    Table,
)

from chassis.store.port import Collection, Field, Kind
from chassis.store.sql.dialect import Dialect, Types
from chassis.store.sql.literals import expression

_LONGEST = 63  # bytes of a name
_OWN = ("events", "outbox", "inbox", "timers", "meta")


class UnitTables:
    """The tables that every unit has."""

    def __init__(self, schema: str | None, dialect: Dialect) -> None:
        types = dialect.types
        self.dialect = dialect
        self.metadata = MetaData(schema=schema)
        self.events = Table(
            "events",
            self.metadata,
            Column("stream", types.key, primary_key=True),
            Column("version", types.integer, primary_key=True, autoincrement=False),
            *_message_columns(types),
            **dialect.options(is_short=False),
        )
        self.outbox = Table(
            "outbox",
            self.metadata,
            Column("position", types.integer, Identity(always=True), primary_key=True),
            Column("topic", types.text, nullable=False),
            Column("subject", types.text, nullable=False),
            *_message_columns(types),
            **dialect.options(is_short=False, is_numbered=True),
        )
        self.inbox = Table(
            "inbox",
            self.metadata,
            Column("message", types.key, primary_key=True),
            Column("result", types.text),
            Column("generation", types.integer, nullable=False),
            Index("inbox_by_generation", "generation"),
            **dialect.options(is_short=True),
        )
        self.timers = Table(
            "timers",
            self.metadata,
            Column("id", types.key, primary_key=True),
            Column("due_at", types.instant, nullable=False),
            Column("handler", types.text, nullable=False),
            Column("data", types.text, nullable=False),
            Index("timers_by_due_at", "due_at", "id"),
            **dialect.options(is_short=True),
        )
        self.meta = Table(
            "meta",
            self.metadata,
            Column(
                "id",
                types.integer,
                CheckConstraint("id = 1"),
                primary_key=True,
                autoincrement=False,
            ),
            Column("store", types.store, nullable=False),
            Column("inbox_generation", types.integer, nullable=False),
            Column("pings", types.integer, nullable=False),
            **dialect.options(is_short=True),
        )

    @property
    def all(self) -> tuple[Table, ...]:
        """All of them."""
        return self.events, self.outbox, self.inbox, self.timers, self.meta


@dataclass(frozen=True, slots=True)
class DocumentTable:
    """The table of a collection.

    Attributes:
        collection: The collection.
        dialect: The idioms of the database.
        table: The table.
        id: The column with the id.
        version: The column with the version.
        columns: The columns of the fields, by key.
    """

    collection: Collection
    dialect: Dialect
    table: Table
    id: Column[Any]
    version: Column[Any]
    columns: dict[str, Column[Any]]

    @property
    def has_uuids(self) -> bool:
        """Whether its ids are UUIDs."""
        id = self.collection.id
        return any(field.key == id and field.kind is Kind.UUID for field in self.collection.fields)

    @property
    def unique(self) -> dict[str, tuple[str, ...]]:
        """The fields of each unique index, by its name."""
        return {_unique_name(self.table.name, each): each for each in self.collection.unique}


def document_table(collection: Collection, schema: str | None, dialect: Dialect) -> DocumentTable:
    """Return the table of `collection` in a schema.

    Raises:
        ValueError: Its name, or that of a field, is not one of a table or column.
    """
    if collection.name in _OWN:
        raise ValueError(f"{collection.name}: a table of the store has this name")
    names = [collection.name, *(field.key for field in collection.fields)]
    if long := [name for name in names if len(name.encode()) > _LONGEST]:
        raise ValueError(f"{', '.join(long)}: longer than {_LONGEST} bytes")
    version = Column("version", dialect.types.integer, nullable=False)
    columns = {field.key: _column(collection, field, dialect) for field in collection.fields}
    own = Column("id", dialect.types.key, primary_key=True)
    id = columns[collection.id] if collection.id else own
    others = [column for column in columns.values() if column is not id]
    metadata = MetaData(schema=schema)
    is_short = not any(field.kind is Kind.JSON for field in collection.fields)
    parts = (id, version, *others)
    table = Table(collection.name, metadata, *parts, **dialect.options(is_short=is_short))
    result = DocumentTable(collection, dialect, table, id, version, columns)
    _add_indexes(result)
    return result


def _message_columns(types: Types) -> tuple[Column[Any], ...]:
    return (
        Column("id", types.text, nullable=False),
        Column("type", types.text, nullable=False),
        Column("envelope", types.data, nullable=False),
    )


def _column(collection: Collection, field: Field, dialect: Dialect) -> Column[Any]:
    reserved = {"version"} if collection.id else {"version", "id"}
    name = f"{field.key}_" if field.key in reserved and field.key != collection.id else field.key
    default = None if field.default is None else dialect.default(field)
    return Column(
        name,
        dialect.column_type(field, is_key=field.key in _keys(collection)),
        *_checks(collection.name, name, field, dialect),
        primary_key=field.key == collection.id,
        autoincrement=False,
        nullable=field.optional,
        server_default=None if default is None else expression(default),
    )


def _keys(collection: Collection) -> set[str | None]:
    """Return the fields that are in a key or index."""
    sorted_by = {sort.field for sorts in collection.indexes for sort in sorts}
    return {collection.id, *sorted_by, *(field for fields in collection.unique for field in fields)}


def _checks(table: str, column: str, field: Field, dialect: Dialect) -> list[CheckConstraint]:
    """Return the constraints on the values of a column. Their `info` has the values as SQL."""
    if (check := dialect.check(column, field)) is None:
        return []
    condition, values = check
    name = _short(f"{table}_{column}_check")
    return [CheckConstraint(expression(condition), name=name, info={"values": values})]


def _add_indexes(table: DocumentTable) -> None:
    collection, columns, dialect = table.collection, table.columns, table.dialect
    name = table.table.name
    for sorts in collection.indexes:
        fields = "_".join(sort.field + "_d" * sort.descending for sort in sorts)
        parts = [dialect.ordered(columns[sort.field], sort.descending) for sort in sorts]
        last = [] if any(sort.field == collection.id for sort in sorts) else [table.id]
        Index(_short(f"{name}_by_{fields}"), *parts, *last)
    for fields_ in collection.unique:
        dialect.unique_index(_unique_name(name, fields_), [columns[each] for each in fields_])


def _unique_name(table: str, fields: tuple[str, ...]) -> str:
    return _short(f"{table}_unique_{'_'.join(fields)}")


def _short(name: str) -> str:
    """Return `name`, or a shorter one that is as unique, if it is longer than a name may be."""
    if len(name.encode()) <= _LONGEST:
        return name
    digest = hashlib.sha256(name.encode()).hexdigest()[:8]
    return f"{name.encode()[: _LONGEST - 9].decode(errors='ignore')}_{digest}"
