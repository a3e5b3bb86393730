"""Bare sqlite3: one transaction of three statements for each command, in a thread."""

from __future__ import annotations

import asyncio
import json
import sqlite3
import threading
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from uuid import UUID

from bench.engines.work import Command, cart, event_of

_SCHEMA = """
CREATE TABLE carts (customer_id TEXT PRIMARY KEY, version INTEGER NOT NULL, data TEXT NOT NULL);
CREATE TABLE inbox (message TEXT PRIMARY KEY, result TEXT) WITHOUT ROWID;
CREATE TABLE outbox (position INTEGER PRIMARY KEY, topic TEXT NOT NULL, message BLOB NOT NULL);
"""


@asynccontextmanager
async def bare(path: Path) -> AsyncIterator[Command]:
    """Return the command on a file."""
    file = sqlite3.connect(path, isolation_level=None, check_same_thread=False)
    file.execute("PRAGMA journal_mode = WAL")
    file.execute("PRAGMA synchronous = FULL")
    file.executescript(_SCHEMA)
    writing = threading.Lock()

    def commit(customer: UUID, version: int) -> None:
        event = event_of(customer, version)
        with writing:
            file.execute("BEGIN IMMEDIATE")
            file.execute(
                "INSERT INTO carts VALUES (?, 1, ?) "
                "ON CONFLICT DO UPDATE SET version = version + 1, data = excluded.data",
                (str(customer), json.dumps(cart(customer))),
            )
            file.execute("INSERT INTO inbox VALUES (?, ?)", (event.id, '{"version": 1}'))
            file.execute(
                "INSERT INTO outbox (topic, message) VALUES (?, ?)", (event.topic, event.data)
            )
            file.execute("COMMIT")

    async def command(customer: UUID, version: int) -> None:
        await asyncio.to_thread(commit, customer, version)

    yield command
    file.close()
