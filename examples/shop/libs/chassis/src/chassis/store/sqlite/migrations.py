"""What leads from files that older versions have written to tables of this one.

Until version 2, a collection was a table `documents_...` of JSON. Processes of such a version may
still run. Columns that they write have other names now, so they cannot write anything wrong.
"""

from __future__ import annotations

import sqlite3
from datetime import UTC, datetime

from chassis.store.sql.tables import UnitTables
from chassis.store.sql.texts import escaped
from chassis.store.sqlite.dialect import instant_text

VERSION = 3

# Positions are never used again (AUTOINCREMENT). In a file that was in use they begin far above
# the old ones: a relay of the older version may still run and remove what it has published.
_POSITIONS_AND_GENERATIONS = (
    "ALTER TABLE events RENAME COLUMN envelope TO data",
    "ALTER TABLE outbox RENAME TO old_outbox",
    """CREATE TABLE outbox (
        position INTEGER PRIMARY KEY AUTOINCREMENT, topic TEXT NOT NULL, id TEXT NOT NULL,
        type TEXT NOT NULL, subject TEXT NOT NULL, data BLOB NOT NULL
    )""",
    """INSERT INTO sqlite_sequence (name, seq) SELECT 'outbox', 1 << 32
        WHERE EXISTS (SELECT 1 FROM events) OR EXISTS (SELECT 1 FROM inbox)
        OR EXISTS (SELECT 1 FROM old_outbox)""",
    """INSERT INTO outbox (position, topic, id, type, subject, data)
        SELECT position, topic, json_extract(CAST(envelope AS TEXT), '$.id'),
        json_extract(CAST(envelope AS TEXT), '$.type'),
        json_extract(CAST(envelope AS TEXT), '$.subject'), envelope
        FROM old_outbox ORDER BY position""",
    "DROP TABLE old_outbox",
    "CREATE TABLE meta (generation INTEGER NOT NULL, pings INTEGER NOT NULL)",
    "INSERT INTO meta (generation, pings) VALUES (1, 0)",
    "ALTER TABLE inbox RENAME TO old_inbox",
    """CREATE TABLE inbox (
        message TEXT PRIMARY KEY, result TEXT, generation INTEGER NOT NULL
    ) WITHOUT ROWID""",
    """INSERT INTO inbox (message, result, generation)
        SELECT message, result, generation FROM old_inbox, meta""",
    "DROP TABLE old_inbox",
)

_TAKEN_OVER = {
    "events": """INSERT INTO events (stream, version, id, type, envelope)
        SELECT escaped(stream), version, escaped(json_extract(CAST(data AS TEXT), '$.id')),
        escaped(json_extract(CAST(data AS TEXT), '$.type')), CAST(data AS BLOB) FROM old_events""",
    "outbox": """INSERT INTO outbox (position, topic, subject, id, type, envelope)
        SELECT position, escaped(topic), escaped(subject), escaped(id), escaped(type),
        CAST(data AS BLOB) FROM old_outbox ORDER BY position""",
    "inbox": """INSERT INTO inbox (message, result, generation)
        SELECT escaped(message), escaped(result), generation FROM old_inbox""",
    "timers": """INSERT INTO timers (id, due_at, handler, data)
        SELECT escaped(id), instant(due), escaped(handler), escaped(data) FROM old_timers""",
    "meta": """INSERT INTO meta (id, store, inbox_generation, pings)
        SELECT 1, new_id(), generation, pings FROM old_meta""",
}
_SEQUENCE = """INSERT INTO sqlite_sequence (name, seq)
    SELECT 'outbox', seq FROM sqlite_sequence WHERE name = 'old_outbox'"""


def renamed(version: int, tables: UnitTables) -> list[str]:
    """Return the statements that rename the unit's tables of a version, which has data."""
    first = _POSITIONS_AND_GENERATIONS if version < 2 else ()
    indexes = ["DROP INDEX IF EXISTS timers_by_due", "DROP INDEX IF EXISTS inbox_by_age"]
    return [
        *first,
        *indexes,
        *(f"ALTER TABLE {table.name} RENAME TO old_{table.name}" for table in tables.all),
    ]


def taken_over(tables: UnitTables) -> list[str]:
    """Return the statements that fill the unit's new tables from the renamed ones."""
    names = [table.name for table in tables.all]
    return [
        _SEQUENCE,
        *(_TAKEN_OVER[name] for name in names),
        *(f"DROP TABLE old_{name}" for name in names),
    ]


def add_functions(connection: sqlite3.Connection, store: str) -> None:
    """Add the functions that statements use which take rows over.

    Args:
        connection: The connection.
        store: The id that the store gets.
    """
    connection.create_function("escaped", 1, _escaped)
    connection.create_function("instant", 1, _instant)
    connection.create_function("new_id", 0, lambda: store)
    # Indexes of version 2 have it: SQLite looks at them when it renames any table.
    connection.create_collation("instant", lambda left, right: (left > right) - (left < right))


def _escaped(text: str | None) -> str | None:
    return text and escaped(text)


def _instant(timestamp: float) -> str:
    return instant_text(datetime.fromtimestamp(timestamp, UTC))
