"""The tables of a unit; see `chassis.store.sql` for their rules."""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass
from typing import Any

from sqlalchemy import (
    JSON,
    BigInteger,
    Boolean,
    CheckConstraint,
    Column,
    Date,
    DateTime,
    Double,
    Identity,
    Index,
    LargeBinary,
    MetaData,
    Numeric,
    Table,
    Text,
    TextClause,
    UnaryExpression,
    Uuid,
    text,
)
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.types import TypeEngine

from chassis.store.port import Collection, Field, Kind, Sort
from chassis.store.sql.texts import escaped_json

TEXT = Text(collation="C")
_TYPES: dict[Kind, TypeEngine[Any]] = {
    Kind.TEXT: TEXT,
    Kind.UUID: Uuid(),
    Kind.INTEGER: BigInteger(),
    Kind.NUMBER: Double(),
    Kind.BOOLEAN: Boolean(),
    Kind.DECIMAL: Numeric(),
    Kind.INSTANT: DateTime(timezone=True),
    Kind.DATE: Date(),
    Kind.ENUM: TEXT,
    Kind.JSON: JSON().with_variant(JSONB(), "postgresql"),
}
_LONGEST = 63  # bytes of a name
_OWN = ("events", "outbox", "inbox", "timers", "meta")


class UnitTables:
    """The tables that every unit has."""

    def __init__(self, schema: str) -> None:
        self.metadata = MetaData(schema=schema)
        self.events = Table(
            "events",
            self.metadata,
            Column("stream", TEXT, primary_key=True),
            Column("version", BigInteger, primary_key=True, autoincrement=False),
            *_message_columns(),
        )
        self.outbox = Table(
            "outbox",
            self.metadata,
            Column("position", BigInteger, Identity(always=True), primary_key=True),
            Column("topic", TEXT, nullable=False),
            Column("subject", TEXT, nullable=False),
            *_message_columns(),
        )
        self.inbox = Table(
            "inbox",
            self.metadata,
            Column("message", TEXT, primary_key=True),
            Column("result", TEXT),
            Column("generation", BigInteger, nullable=False),
            Index("inbox_by_generation", "generation"),
        )
        self.timers = Table(
            "timers",
            self.metadata,
            Column("id", TEXT, primary_key=True),
            Column("due", DateTime(timezone=True), nullable=False),
            Column("handler", TEXT, nullable=False),
            Column("data", TEXT, nullable=False),
            Index("timers_by_due", "due", "id"),
        )
        self.meta = Table(
            "meta",
            self.metadata,
            Column(
                "id", BigInteger, CheckConstraint("id = 1"), primary_key=True, autoincrement=False
            ),
            Column("store", Uuid, nullable=False),
            Column("generation", BigInteger, nullable=False),
            Column("pings", BigInteger, nullable=False),
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
        table: The table.
        id: The column with the id.
        version: The column with the version.
        columns: The columns of the fields, by key.
    """

    collection: Collection
    table: Table
    id: Column[Any]
    version: Column[Any]
    columns: dict[str, Column[Any]]

    @property
    def has_uuids(self) -> bool:
        """Whether its ids are UUIDs."""
        return isinstance(self.id.type, Uuid)

    @property
    def unique(self) -> dict[str, tuple[str, ...]]:
        """The fields of each unique index, by its name."""
        return {_unique_name(self.table.name, each): each for each in self.collection.unique}


def document_table(collection: Collection, schema: str) -> DocumentTable:
    """Return the table of `collection` in a schema.

    Raises:
        ValueError: Its name, or that of a field, is not one of a table or column.
    """
    if collection.name in _OWN:
        raise ValueError(f"{collection.name}: a table of the store has this name")
    names = [collection.name, *(field.key for field in collection.fields)]
    if long := [name for name in names if len(name.encode()) > _LONGEST]:
        raise ValueError(f"{', '.join(long)}: longer than {_LONGEST} bytes")
    version = Column("version", BigInteger, nullable=False)
    columns = {field.key: _column(collection, field) for field in collection.fields}
    id = columns[collection.id] if collection.id else Column("id", TEXT, primary_key=True)
    first = [] if collection.id else [id]
    metadata = MetaData(schema=schema)
    table = Table(collection.name, metadata, *first, version, *columns.values())
    _add_indexes(collection, table, columns, id)
    return DocumentTable(collection, table, id, version, columns)


def _message_columns() -> tuple[Column[Any], ...]:
    return (
        Column("id", TEXT, nullable=False),
        Column("type", TEXT, nullable=False),
        Column("data", LargeBinary, nullable=False),
    )


def _column(collection: Collection, field: Field) -> Column[Any]:
    reserved = {"version"} if collection.id else {"version", "id"}
    name = f"{field.key}_" if field.key in reserved and field.key != collection.id else field.key
    checks = [_check(collection.name, name, field)] if field.kind is Kind.ENUM else []
    default = None if field.default is None else _expression(_literal(_sql_value(field)))
    return Column(
        name,
        _TYPES[field.kind],
        *checks,
        primary_key=field.key == collection.id,
        autoincrement=False,
        nullable=field.optional,
        server_default=default,
    )


def _check(table: str, column: str, field: Field) -> CheckConstraint:
    """Return the constraint on the values of an enum. Its `info` has them as SQL."""
    values = [_literal(value) for value in field.values]
    return CheckConstraint(
        _expression(f'"{column}" IN ({", ".join(values)})'),
        name=_short(f"{table}_{column}_check"),
        info={"values": values},
    )


def _sql_value(field: Field) -> str:
    """Return the default of a field as the text of its value."""
    default = escaped_json(field.default or "null")
    if field.kind is Kind.JSON:
        return default
    value = json.loads(default)
    return value if isinstance(value, str) else default


def _expression(sql: str) -> TextClause:
    return text(sql.replace(":", "\\:"))  # or it has parameters


def _literal(value: str) -> str:
    doubled = value.replace("'", "''")
    return f"'{doubled}'"


def _add_indexes(
    collection: Collection, table: Table, columns: dict[str, Column[Any]], id: Column[Any]
) -> None:
    for sorts in collection.indexes:
        fields = "_".join(sort.field + "_d" * sort.descending for sort in sorts)
        parts = [ordering(columns[sort.field], sort) for sort in sorts]
        last = [] if any(sort.field == collection.id for sort in sorts) else [id]
        Index(_short(f"{table.name}_by_{fields}"), *parts, *last)
    for fields_ in collection.unique:
        Index(_unique_name(table.name, fields_), *(columns[f] for f in fields_), unique=True)


def ordering(column: Column[Any], sort: Sort) -> UnaryExpression[Any]:
    """Return the order of a sort: null comes before all values."""
    return column.desc().nulls_last() if sort.descending else column.asc().nulls_first()


def _unique_name(table: str, fields: tuple[str, ...]) -> str:
    return _short(f"{table}_unique_{'_'.join(fields)}")


def _short(name: str) -> str:
    """Return `name`, or a shorter one that is as unique, if it is longer than a name may be."""
    if len(name.encode()) <= _LONGEST:
        return name
    digest = hashlib.sha256(name.encode()).hexdigest()[:8]
    return f"{name.encode()[: _LONGEST - 9].decode(errors='ignore')}_{digest}"
