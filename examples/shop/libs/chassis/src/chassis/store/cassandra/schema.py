"""The keyspace of a unit: what is missing in it is created, and new tables get the rows there are.

Rows are copied with the timestamp of the commit that has written them. So a copy never replaces
what was written meanwhile.
"""

from __future__ import annotations

import asyncio
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any
from uuid import uuid4

from chassis.store.cassandra.catalog import Catalog, Entry, decoded
from chassis.store.cassandra.cql import INBOX, INBOX_BY_GENERATION, UNIT, Cql, quoted
from chassis.store.cassandra.journal import Intent, Journal
from chassis.store.cassandra.layout import Layout, Row, Table
from chassis.store.cassandra.reads import selected
from chassis.store.cassandra.session import Session
from chassis.store.port import Collection

_TABLES = {"unit": UNIT, "inbox": INBOX, "inbox_by_generation": INBOX_BY_GENERATION}
_EXISTING = "SELECT table_name, column_name FROM system_schema.columns WHERE keyspace_name = ?"
_PAGE = 500


@dataclass(frozen=True, slots=True)
class Schema:
    """The schema of a unit.

    Attributes:
        session: The session.
        journal: The journal of the unit.
        replication: The replication of a new keyspace.
    """

    session: Session
    journal: Journal
    replication: int | tuple[tuple[str, int], ...]

    async def prepare(self, collections: tuple[Collection, ...]) -> Catalog:
        """Create what is missing for `collections`, and return the catalog.

        Raises:
            ValueError: A collection does not fit to what there is.
        """
        await self._create_own()
        while True:
            catalog = await self.catalog()
            wanted = catalog.including(collections)
            if wanted.entries == catalog.entries:
                break
            await self._create(wanted.entries[each.name] for each in collections)
            await self._replace(catalog, wanted)
        filling = [each for each in collections if not catalog.entries[each.name].complete]
        if not filling:
            return catalog
        await self.journal.settled()  # no commit is under way that does not know the new tables
        for each in filling:
            await self._fill(catalog.entries[each.name])
        await self._replace(catalog, catalog.completed(filling))
        return await self.prepare(collections)

    async def changes(self, collections: tuple[Collection, ...]) -> list[str]:
        """Return the statements that `prepare` would execute, without those that fill tables."""
        existing = await self._existing()
        is_new = not _TABLES.keys() <= {table for table, _ in existing}
        found = list(self._own()) if is_new else []
        catalog = Catalog() if is_new else await self.catalog()
        wanted = catalog.including(collections)
        for each in collections:
            entry = wanted.entries[each.name]
            for table in Layout(entry.collection).tables:
                found += self._changes(table, existing)
            if not entry.complete:
                found.append(f"-- rows are copied to new tables and columns of {each.name}")
        return found

    async def catalog(self) -> Catalog:
        """Return the catalog."""
        cql = self._cql.select("unit", ("catalog_version", "catalog"), ("id = 0",))
        rows = await self.session.serial(cql, ())
        return decoded(*rows[0]) if rows and rows[0][1] else Catalog()

    @property
    def _cql(self) -> Cql:
        return Cql(self.session.keyspace)

    async def _create_own(self) -> None:
        existing = await self._existing()
        if not _TABLES.keys() <= {table for table, _ in existing}:
            for change in self._own():
                await self.session.define(change)
        if not await self.session.serial(self._cql.select("unit", ("store",), ("id = 0",)), ()):
            new = (
                f"INSERT INTO {self._cql.table('unit')} "
                "(id, store, position, catalog_version, catalog, generation) "
                "VALUES (0, ?, 0, 0, '{}', 1) IF NOT EXISTS"
            )
            await self.session.conditional(new, (uuid4(),))

    def _own(self) -> Iterator[str]:
        replication = _replication(self.replication)
        keyspace = quoted(self.session.keyspace)
        yield f"CREATE KEYSPACE IF NOT EXISTS {keyspace} WITH replication = {replication}"
        for name, columns in _TABLES.items():
            yield f"CREATE TABLE IF NOT EXISTS {self._cql.table(name)} ({columns})"

    async def _existing(self) -> frozenset[tuple[str, str]]:
        rows = await self.session.execute(_EXISTING, (self.session.keyspace,))
        return frozenset((table, column) for table, column in rows)

    async def _create(self, entries: Iterable[Entry]) -> None:
        existing = await self._existing()
        for entry in entries:
            for table in Layout(entry.collection).tables:
                for change in self._changes(table, existing):
                    await self.session.define(change)

    def _changes(self, table: Table, existing: frozenset[tuple[str, str]]) -> Iterator[str]:
        if all(name != table.name for name, _ in existing):
            yield self._cql.create(table)
            return
        for column in table.columns:
            if (table.name, column.name) not in existing:
                yield self._cql.add(table, column)

    async def _replace(self, old: Catalog, new: Catalog) -> None:
        """Replace the catalog, unless another process has done so."""
        cql = (
            f"UPDATE {self._cql.table('unit')} SET catalog_version = ?, catalog = ? WHERE id = 0 "
            "IF catalog_version = ?"
        )
        await self.session.conditional(cql, (old.version + 1, new.encoded(), old.version))

    async def _fill(self, entry: Entry) -> None:
        """Write what all rows of a collection have in new columns and tables."""
        layout = Layout(entry.collection, pending=entry.pending)
        table = layout.main.name
        cql = self._cql.select(table, [*selected(layout), 'WRITETIME("version")'])
        async for page in self.session.pages(cql, (), _PAGE):
            await asyncio.gather(
                *(
                    self.journal.apply(position, Intent(_rows(layout, values, entry), ()))
                    for *values, position in page
                )
            )


def _rows(layout: Layout, values: Sequence[Any], entry: Entry) -> tuple[Row, ...]:
    rows = layout.rows(layout.read(values))
    return tuple(row for row in rows if row.table in entry.incomplete)


def _replication(replication: int | tuple[tuple[str, int], ...]) -> str:
    if isinstance(replication, int):
        return f"{{'class': 'SimpleStrategy', 'replication_factor': {replication}}}"
    centers = "".join(f", '{center}': {number}" for center, number in replication)
    return f"{{'class': 'NetworkTopologyStrategy'{centers}}}"
