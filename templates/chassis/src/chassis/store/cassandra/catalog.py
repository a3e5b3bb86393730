"""The catalog: what all processes of a unit know of its collections.

Processes of two versions may run at the same time. Each of them keeps the tables of both, so the
catalog has all fields, access patterns and unique constraints that there ever were. A commit is
refused if the catalog has changed since the process has read it.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from chassis.store.cassandra.layout import Layout
from chassis.store.port import AccessPattern, Collection, Field, Kind, Sort


@dataclass(frozen=True, slots=True)
class Entry:
    """A collection of the catalog.

    Attributes:
        collection: The collection as all versions together need it.
        pending: The fields whose default is not yet in all rows.
        incomplete: The tables that do not yet have all rows.
    """

    collection: Collection
    pending: frozenset[str] = frozenset()
    incomplete: frozenset[str] = frozenset()

    @property
    def complete(self) -> bool:
        """Whether all rows are in all tables."""
        return not (self.pending or self.incomplete)


@dataclass(frozen=True, slots=True)
class Catalog:
    """The entries by the names of their collections, and their version."""

    version: int = 0
    entries: Mapping[str, Entry] = field(default_factory=dict)

    def encoded(self) -> str:
        """Return the entries as JSON."""
        return json.dumps({name: _encoded(entry) for name, entry in self.entries.items()})

    def including(self, collections: Iterable[Collection]) -> Catalog:
        """Return a catalog that has these collections, too.

        Raises:
            ValueError: A field has another type in the store.
        """
        entries = {each.name: _merged(self.entries.get(each.name), each) for each in collections}
        return replace(self, entries={**self.entries, **entries})

    def completed(self, collections: Iterable[Collection]) -> Catalog:
        """Return a catalog in which the tables of these collections have all rows."""
        entries = {each.name: Entry(self.entries[each.name].collection) for each in collections}
        return replace(self, entries={**self.entries, **entries})

    def layout(self, mine: Collection) -> Layout:
        """Return the tables of a collection, as a process that knows it as `mine` uses them."""
        entry = self.entries[mine.name]
        known = {each.key for each in mine.fields}
        others = tuple(
            replace(each, optional=True)
            for each in entry.collection.fields
            if each.key not in known
        )
        collection = replace(entry.collection, fields=(*mine.fields, *others))
        return Layout(
            collection,
            nullable=[each.key for each in entry.collection.fields if each.optional],
            foreign=[each.key for each in others],
            pending=entry.pending,
            incomplete=entry.incomplete,
        )


def decoded(version: int, text: str) -> Catalog:
    """Return the catalog of `encoded`."""
    entries = json.loads(text)
    return Catalog(version, {name: _decoded(name, entry) for name, entry in entries.items()})


def _merged(entry: Entry | None, mine: Collection) -> Entry:
    if entry is None:
        return Entry(mine)
    stored = entry.collection
    kinds = {each.key: each.kind for each in stored.fields}
    for each in mine.fields:
        if kinds.get(each.key, each.kind) is not each.kind:
            kind = kinds[each.key].value
            raise ValueError(f"{mine.name}: {each.key} is a column of kind {kind} in the store")
    if stored.id != mine.id:
        raise ValueError(f"{mine.name}: its id is {stored.id or 'in no field'} in the store")
    new = tuple(each for each in mine.fields if each.key not in kinds)
    merged = replace(
        stored,
        fields=(*(_relaxed(each, mine) for each in stored.fields), *new),
        patterns=tuple(dict.fromkeys((*stored.patterns, *mine.patterns))),
        unique=tuple(dict.fromkeys((*stored.unique, *mine.unique))),
    )
    pending = frozenset(each.key for each in new if each.default is not None)
    before = {each.name for each in Layout(stored).tables}
    tables = (each.name for each in Layout(merged).tables)
    incomplete = frozenset(name for name in tables if pending or name not in before)
    return Entry(merged, entry.pending | pending, entry.incomplete | incomplete)


def _relaxed(stored: Field, mine: Collection) -> Field:
    """Return a field that is optional if it is for any version."""
    optional = any(each.key == stored.key and each.optional for each in mine.fields)
    return replace(stored, optional=stored.optional or optional)


def _encoded(entry: Entry) -> dict[str, Any]:
    collection = entry.collection
    return {
        "id": collection.id,
        "fields": [
            [each.key, each.kind.value, each.optional, each.default, each.values]
            for each in collection.fields
        ],
        "patterns": [
            [each.by, [[sort.field, sort.descending] for sort in each.sort]]
            for each in collection.patterns
        ],
        "unique": collection.unique,
        "pending": sorted(entry.pending),
        "incomplete": sorted(entry.incomplete),
    }


def _decoded(name: str, entry: Mapping[str, Any]) -> Entry:
    collection = Collection(
        name=name,
        id=entry["id"],
        fields=tuple(
            Field(key, Kind(kind), optional, default, tuple(values))
            for key, kind, optional, default, values in entry["fields"]
        ),
        patterns=tuple(
            AccessPattern(by=tuple(by), sort=tuple(Sort(*each) for each in sort))
            for by, sort in entry["patterns"]
        ),
        unique=tuple(map(tuple, entry["unique"])),
    )
    return Entry(collection, frozenset(entry["pending"]), frozenset(entry["incomplete"]))
