"""The tables of a collection, and the rows of a document in them."""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Collection as Collection_
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, TypeAlias

from chassis.store.cassandra.values import (
    LONGEST_KEY,
    TYPES,
    Cell,
    cell,
    is_integer,
    is_uuid,
    key_cell,
    read,
)
from chassis.store.port import AccessPattern, Collection, Field, Kind, Sort, Stored

Key: TypeAlias = tuple[tuple[str, Cell], ...]

_LONGEST = 48  # characters of the name of a table or keyspace
OWN = ("unit", "inbox", "inbox_by_generation")


@dataclass(frozen=True, slots=True)
class Column:
    """A column; `descending` says how a clustering column is sorted."""

    name: str
    type: str
    descending: bool = False


@dataclass(frozen=True, slots=True)
class Table:
    """A table by its columns."""

    name: str
    partition: tuple[Column, ...]
    clustering: tuple[Column, ...] = ()
    columns: tuple[Column, ...] = ()


@dataclass(frozen=True, slots=True)
class Part:
    """A field in a key.

    Attributes:
        field: The field.
        column: Its column.
        set: The column that says whether it has a value, because a key has no nulls; or None.
        descending: How the rows of a partition are sorted by it.
    """

    field: Field
    column: str
    set: str | None
    descending: bool = False

    def columns(self, type: str) -> tuple[Column, ...]:
        """Return the columns of a key."""
        flag = () if self.set is None else (Column(self.set, "boolean", self.descending),)
        return (*flag, Column(self.column, type, self.descending))

    def cells(self, value: Cell) -> Key:
        """Return the cells of a key."""
        flag = () if self.set is None else ((self.set, value is not None),)
        return (*flag, (self.column, key_cell(self.field.kind, value)))


@dataclass(frozen=True, slots=True)
class PatternTable:
    """The table of an access pattern.

    Attributes:
        by: The fields of the partition key.
        sort: The fields that its rows are sorted by, before the id.
    """

    pattern: AccessPattern
    table: Table
    by: tuple[Part, ...]
    sort: tuple[Part, ...]


@dataclass(frozen=True, slots=True)
class UniqueTable:
    """The table with the ids of the documents by values that no two of them share."""

    fields: tuple[str, ...]
    table: Table
    parts: tuple[Part, ...]


@dataclass(frozen=True, slots=True)
class Document:
    """A document, with a cell for each field."""

    id: str
    version: int
    cells: Mapping[str, Cell]


@dataclass(frozen=True, slots=True)
class Row:
    """A row.

    Attributes:
        table: Its table.
        key: Its key.
        cells: The other cells by column.
        partition: How many columns of the key are those of the partition.
    """

    table: str
    key: Key
    cells: Mapping[str, Cell] = field(default_factory=dict)
    partition: int = 1


class Layout:
    """The tables of a collection."""

    def __init__(
        self,
        collection: Collection,
        *,
        nullable: Collection_[str] | None = None,
        foreign: Collection_[str] = (),
        pending: Collection_[str] = (),
        incomplete: Collection_[str] = (),
    ) -> None:
        """Lay out `collection`.

        Args:
            collection: The collection.
            nullable: The keys of fields that any process may leave out; those that are optional.
            foreign: The keys of fields that this process does not know, but others do.
            pending: The keys of fields whose default is not yet in all rows.
            incomplete: The tables that do not yet have all rows.

        Raises:
            ValueError: Its name, or that of a field, cannot be one of a table or column.
        """
        if collection.name in OWN:
            raise ValueError(f"{collection.name}: a table of the store has this name")
        if not re.fullmatch(r"\w{1,48}", collection.name, re.ASCII):
            raise ValueError(f"{collection.name}: it cannot be the name of a table")
        self.collection = collection
        optional = [each.key for each in collection.fields if each.optional]
        self.nullable = frozenset(optional if nullable is None else nullable)
        self.foreign = frozenset(foreign)
        self.pending = frozenset(pending)
        self.incomplete = frozenset(incomplete)
        self.fields = {each.key: each for each in collection.fields}
        reserved = {"version", "all_rows"} if collection.id else {"version", "all_rows", "id"}
        self.columns = {
            key: f"{key}_" if key in reserved and key != collection.id else key
            for key in self.fields
        }
        self.id_column = collection.id or "id"
        self.id_type = TYPES[self.fields[collection.id].kind] if collection.id else "text"
        if self.id_type not in ("text", "uuid", "bigint"):
            raise ValueError(f"{collection.name}: an id is a text, a UUID or an integer")
        self._data = tuple(
            Column(column, TYPES[self.fields[key].kind])
            for key, column in self.columns.items()
            if key != collection.id
        )
        id = Column(self.id_column, self.id_type)
        self.main = Table(
            collection.name, (id,), columns=(Column("version", "bigint"), *self._data)
        )
        self.patterns = tuple({each.table.name: each for each in self._pattern_tables()}.values())
        self.unique = tuple(self._unique_table(fields) for fields in collection.unique)
        self._in_keys = {
            part.field.key
            for parts in (
                *((*each.by, *each.sort) for each in self.patterns),
                *(each.parts for each in self.unique),
            )
            for part in parts
        }

    @property
    def tables(self) -> tuple[Table, ...]:
        """All tables."""
        patterns = (each.table for each in self.patterns)
        return (self.main, *patterns, *(each.table for each in self.unique))

    def is_id(self, id: str) -> bool:
        """Return whether a document can have this id."""
        if self.id_type == "uuid":
            return is_uuid(id)
        if self.id_type == "bigint":
            return is_integer(id)
        return 0 < len(id.encode()) <= LONGEST_KEY

    def id_cell(self, id: str) -> Cell:
        """Return the cell of an id."""
        return int(id) if self.id_type == "bigint" else id

    def document(self, id: str, version: int, data: str, before: Document | None) -> Document:
        """Return a document from its JSON, and from what it was before.

        Raises:
            ValueError: Something in it cannot be stored.
        """
        if not self.is_id(id):
            raise ValueError(f"{self.collection.name}: {id[:50]!r} is not a valid id")
        values = json.loads(data)
        cells = {
            key: self._foreign(each, before) if key in self.foreign else cell(each, values.get(key))
            for key, each in self.fields.items()
        }
        for key in self._in_keys:
            if len(str(cells[key]).encode()) > LONGEST_KEY:
                raise ValueError(f"{key}: it is in a key, so it has at most {LONGEST_KEY} bytes")
        return Document(id, version, cells)

    def read(self, row: Sequence[Any]) -> Document:
        """Return the document of a row with the id, the version, and the fields."""
        id, version, *values = row
        cells = dict(zip(self.fields, map(read, values), strict=True))
        for key in self.pending:
            if cells[key] is None:
                cells[key] = default(self.fields[key])
        return Document(str(id), int(version), cells)

    def stored(self, document: Document) -> Stored:
        """Return a document as the port has it."""
        parts = (
            f"{json.dumps(key)}:{_json(self.fields[key].kind, value)}"
            for key, value in document.cells.items()
            if key not in self.foreign
        )
        return Stored(document.id, document.version, f"{{{','.join(parts)}}}")

    def rows(self, document: Document) -> Iterator[Row]:
        """Return the rows that a document has in all tables."""
        cells = {self.columns[key]: value for key, value in document.cells.items()}
        id = (self.id_column, self.id_cell(document.id))
        cells |= {"version": document.version}
        yield _row(self.main, (id,), cells)
        for pattern in self.patterns:
            key = (*self._key((*pattern.by, *pattern.sort), document), *_all(pattern))
            yield _row(pattern.table, (*key, id), cells)
        for unique in self.unique:
            if (claimed := self.claim(unique, document)) is not None:
                yield _row(unique.table, claimed, {"owner_id": document.id})

    def claim(self, unique: UniqueTable, document: Document) -> Key | None:
        """Return the key of a document in the table of a unique constraint; None if it has none."""
        if any(document.cells[field] is None for field in unique.fields):
            return None
        return self._key(unique.parts, document)

    def _foreign(self, field: Field, before: Document | None) -> Cell:
        return default(field) if before is None else before.cells[field.key]

    def _key(self, parts: tuple[Part, ...], document: Document) -> Key:
        return tuple(c for part in parts for c in part.cells(document.cells[part.field.key]))

    def _pattern_tables(self) -> Iterator[PatternTable]:
        for pattern in self.collection.patterns:
            sort = without_id(pattern.sort, self.collection.id)
            fields = [*pattern.by, *(each.field for each in sort)]
            if self.collection.id in fields or len(set(fields)) < len(fields):
                continue  # the table by id serves it
            by = self._parts(pattern.by, single=len(pattern.by) == 1)
            sorted_by = tuple(
                replace(part, descending=each.descending)
                for part, each in zip(
                    self._parts(tuple(each.field for each in sort)), sort, strict=True
                )
            )
            yield PatternTable(
                AccessPattern(by=pattern.by, sort=sort), self._table(by, sorted_by), by, sorted_by
            )

    def _table(self, by: tuple[Part, ...], sort: tuple[Part, ...]) -> Table:
        partition = [c for part in by for c in part.columns(TYPES[part.field.kind])]
        # Cassandra sorts UUIDs by their version first: as text, they have their own order.
        clustering = [
            c
            for part in sort
            for c in part.columns(
                "text" if part.field.kind is Kind.UUID else TYPES[part.field.kind]
            )
        ]
        key = {part.column for part in (*by, *sort)}
        name = f"{self.collection.name}_by_{'_'.join(map(self._named, by)) or 'all'}"
        if sort:
            name += f"_sorted_{'_'.join(map(self._named, sort))}"
        return Table(
            short(name),
            tuple(partition) or (Column("all_rows", "boolean"),),
            (*clustering, Column(self.id_column, "bigint" if self.id_type == "bigint" else "text")),
            (Column("version", "bigint"), *(c for c in self._data if c.name not in key)),
        )

    def _named(self, part: Part) -> str:
        """Return what a part of a key adds to the name of its table; another key, another name."""
        null = "_or_null" if part.field.key in self.nullable else ""
        return f"{part.column}{null}{'_desc' * part.descending}"

    def _unique_table(self, fields: tuple[str, ...]) -> UniqueTable:
        one = len(fields) == 1
        parts = tuple(
            replace(part, set=part.set if one and _is_text(part.field) else None)
            for part in self._parts(fields, single=one)
        )
        partition = tuple(c for part in parts for c in part.columns(TYPES[part.field.kind]))
        name = short(f"{self.collection.name}_unique_{'_'.join(fields)}")
        return UniqueTable(fields, Table(name, partition, (), (Column("owner_id", "text"),)), parts)

    def _parts(self, fields: tuple[str, ...], *, single: bool = False) -> tuple[Part, ...]:
        return tuple(self._part(key, single=single) for key in fields)

    def _part(self, key: str, *, single: bool) -> Part:
        """Return a field in a key. A partition key that is one empty text is no key."""
        field, column = self.fields[key], self.columns[key]
        flag = f"{column}_set"
        while flag in self.columns.values():
            flag += "_"
        empty = single and _is_text(field)
        return Part(field, column, flag if key in self.nullable or empty else None)


def default(field: Field) -> Cell:
    """Return the cell that a field has in documents that were written before there was it."""
    if field.default is None:
        return None
    return cell(field, json.loads(field.default))


def _is_text(field: Field) -> bool:
    return TYPES[field.kind] == "text"


def without_id(sort: tuple[Sort, ...], id: str | None) -> tuple[Sort, ...]:
    """Return a sort without what follows from sorting by id at its end."""
    return sort[:-1] if id is not None and sort and sort[-1] == Sort(id) else sort


def short(name: str) -> str:
    """Return `name` as a name of Cassandra; if it cannot be one, another one that is as unique."""
    valid = re.sub(r"\W", "_", name, flags=re.ASCII)
    if valid == name and len(name) <= _LONGEST:
        return name
    digest = hashlib.sha256(name.encode()).hexdigest()[:8]
    return f"{valid[: _LONGEST - 9]}_{digest}"


def _all(pattern: PatternTable) -> Key:
    return () if pattern.by else (("all_rows", True),)


def _row(table: Table, key: Key, cells: Mapping[str, Cell]) -> Row:
    others = {each.name: cells[each.name] for each in table.columns}
    return Row(table.name, key, others, len(table.partition))


def _json(kind: Kind, value: Cell) -> str:
    if kind is Kind.JSON and value is not None:
        return str(value)
    return json.dumps(value, ensure_ascii=False)
