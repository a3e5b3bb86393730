"""The journal of a unit: one row, with the last intent that was written.

A commit is all or nothing, and in one order for all processes: it reads what it must check, then
writes its intent with one conditional write, if nobody was faster, then does what the intent says.
The position of the intent is the timestamp of all these writes. If its process dies in between,
whoever commits next finishes it first. So all intents before the last one are done, and what a
process does that was thought to be dead is too old to change anything.
"""

from __future__ import annotations

import asyncio
import json
import zlib
from dataclasses import dataclass, replace
from uuid import UUID, uuid4

from chassis.errors import StoreLost, Unavailable
from chassis.store.cassandra.cql import Cql, columns_of, json_key, json_row
from chassis.store.cassandra.layout import Key, Row
from chassis.store.cassandra.session import Ambiguous, Session, Statement

_COLUMNS = (
    *("store", "position", "writer", "catalog_version", "generation"),
    *("forgotten", "applied", "intent"),
)
LARGEST = 3 * 1024 * 1024  # bytes of an intent: the smallest mutation that servers accept is 4 MiB


@dataclass(frozen=True, slots=True)
class State:
    """The journal at some time.

    Attributes:
        store: The id of the store.
        position: The position of the last intent.
        writer: The id of whoever wrote it; None if there is none.
        catalog: The version of the catalog.
        generation: The generation of new inbox entries.
        forgotten: The last generation whose entries were removed.
    """

    store: UUID
    position: int
    writer: UUID | None
    catalog: int
    generation: int
    forgotten: int


@dataclass(frozen=True, slots=True)
class Intent:
    """What a commit does."""

    rows: tuple[Row, ...]
    removed: tuple[Row, ...]

    def encoded(self) -> bytes:
        """Return the intent as bytes."""
        parts = [
            [(row.table, row.key, row.cells, row.partition) for row in rows]
            for rows in (self.rows, self.removed)
        ]
        text = json.dumps(parts, ensure_ascii=False, separators=(",", ":"))
        return zlib.compress(text.encode(), 1)


def decoded(data: bytes) -> Intent:
    """Return the intent of `encoded`."""
    rows, removed = (
        tuple(
            Row(table, tuple((name, cell) for name, cell in key), cells, partition)
            for table, key, cells, partition in part
        )
        for part in json.loads(zlib.decompress(data))
    )
    return Intent(rows, removed)


class Journal:
    """Reads and writes the row.

    Attributes:
        store: The id of the store; None while it is not known.
    """

    def __init__(self, session: Session) -> None:
        self.store: UUID | None = None
        self._session = session
        self._cql = cql = Cql(session.keyspace)
        unit = cql.table("unit")
        self._read = cql.select("unit", _COLUMNS, ("id = 0",))
        self._append = (
            f"UPDATE {unit} SET position = ?, writer = ?, intent = ? WHERE id = 0 "
            "IF position = ? AND catalog_version = ? AND generation = ? AND store = ?"
        )
        self._done = f"UPDATE {unit} USING TIMESTAMP ? SET applied = ? WHERE id = 0"

    async def settled(self) -> State:
        """Return the state, after the last intent was finished.

        Raises:
            StoreLost: There is no journal.
        """
        rows = await self._session.serial(self._read, ())
        if not rows or self.store not in (None, rows[0][0]):
            raise StoreLost(f"{self._session.where}: it was removed and replaced by another one")
        store, position, writer, catalog, generation, forgotten, applied, intent = rows[0]
        state = State(store, position, writer, catalog, generation, forgotten or 0)
        if intent is not None and (applied or 0) < state.position:
            await self.apply(state.position, decoded(intent))
            await self.done(state.position)
        return state

    async def append(self, state: State, intent: bytes) -> State | None:
        """Write an intent after the last one; return None if another process was faster.

        Raises:
            Unavailable: Maybe it was written.
        """
        writer = uuid4()
        position = state.position + 1
        expected = (state.position, state.catalog, state.generation, state.store)
        try:
            applied, *_ = await self._session.conditional(
                self._append, (position, writer, intent, *expected)
            )
        except Ambiguous:
            applied = await self._was_written(state, writer)
        return replace(state, position=position, writer=writer) if applied else None

    async def _was_written(self, state: State, writer: UUID) -> bool:
        """Return whether an intent without an answer was written.

        Raises:
            Unavailable: That is not known.
        """
        rows = await self._session.serial(self._read, ())
        position, found = rows[0][1:3] if rows else (0, None)
        if position == state.position + 1:
            return bool(found == writer)
        if position == state.position:
            return False  # this read has refused what was under way
        raise Unavailable(f"{self._session.where}: the answer to a commit was lost")

    async def apply(self, position: int, intent: Intent) -> None:
        """Do what an intent says."""
        partitions: dict[tuple[str, Key], list[Statement]] = {}
        for row in intent.removed:
            partitions.setdefault(_partition(row), []).append(self._removal(position, row))
        for row in intent.rows:
            partitions.setdefault(_partition(row), []).append(self._write(position, row))
        await asyncio.gather(*map(self._session.write, partitions.values()))

    async def done(self, position: int) -> None:
        """Note that nobody has to finish the intent at a position."""
        await self._session.execute(self._done, (position, position))

    def _write(self, position: int, row: Row) -> Statement:
        return self._cql.insert(row.table), (json_row(columns_of(row)), position)

    def _removal(self, position: int, row: Row) -> Statement:
        names = (name for name, _ in row.key)
        return self._cql.delete(row.table, names), (position, *json_key(row.key))


def _partition(row: Row) -> tuple[str, Key]:
    return row.table, row.key[: row.partition]
