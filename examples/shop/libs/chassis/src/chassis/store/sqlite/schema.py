"""The tables of the SQLite store, and the migrations of files that older versions have written."""

from __future__ import annotations

import sqlite3

from chassis.errors import Unavailable
from chassis.store.sqlite.file import SqliteFile, patiently

_FIRST = (
    """CREATE TABLE IF NOT EXISTS events (
        stream TEXT NOT NULL, version INTEGER NOT NULL, envelope BLOB NOT NULL,
        PRIMARY KEY (stream, version)
    )""",
    """CREATE TABLE IF NOT EXISTS outbox (
        position INTEGER PRIMARY KEY, topic TEXT NOT NULL, envelope BLOB NOT NULL
    )""",
    """CREATE TABLE IF NOT EXISTS inbox (
        message TEXT PRIMARY KEY, result TEXT, handled_at REAL NOT NULL
    ) WITHOUT ROWID""",
    """CREATE TABLE IF NOT EXISTS timers (
        id TEXT PRIMARY KEY, due REAL NOT NULL, handler TEXT NOT NULL, data TEXT NOT NULL
    ) WITHOUT ROWID""",
    "CREATE INDEX IF NOT EXISTS timers_by_due ON timers (due)",
)

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

MIGRATIONS = (_FIRST, _POSITIONS_AND_GENERATIONS)
"""What leads from each version of the schema to the next one. Never change one; add one."""


def migrate(connection: sqlite3.Connection, file: SqliteFile) -> None:
    """Bring the schema up to date, in one transaction. Several processes may do this at once.

    Raises:
        Unavailable: The migration failed, or a newer version of this library wrote the file.
    """
    try:
        if _version(connection, file) == len(MIGRATIONS):
            return
        patiently(lambda: connection.execute("BEGIN IMMEDIATE"))
        try:
            for migration in MIGRATIONS[_version(connection, file) :]:
                for statement in migration:
                    connection.execute(statement)
            connection.execute(f"PRAGMA user_version = {len(MIGRATIONS)}")
            connection.execute("COMMIT")
        finally:
            if connection.in_transaction:
                connection.execute("ROLLBACK")
    except sqlite3.Error as error:
        raise file.unavailable(error) from error


def _version(connection: sqlite3.Connection, file: SqliteFile) -> int:
    (version,) = patiently(lambda: connection.execute("PRAGMA user_version").fetchone())
    if version > len(MIGRATIONS):
        raise Unavailable(
            f"{file.path}: a newer version of this program wrote it (schema {version}, "
            f"this one knows {len(MIGRATIONS)})"
        )
    return int(version)
