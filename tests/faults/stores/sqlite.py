"""A store in SQLite: a file with a table for each collection, of JSON."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Iterable
from contextlib import closing
from pathlib import Path
from typing import Any

from tests.faults.snapshot import Document


class SqliteStore:
    """A file."""

    def __init__(self, path: Path) -> None:
        self._path = path

    def documents(self, collection: str) -> dict[str, Document]:
        rows = self.query(f"SELECT id, version, data FROM documents_{collection}")
        return {id: Document(version, json.loads(text)) for id, version, text in rows}

    def events(self) -> Iterable[bytes]:
        return [data for (data,) in self.query("SELECT data FROM events ORDER BY stream, version")]

    def count(self, what: str) -> int:
        return int(self.query(f"SELECT count(*) FROM {what}")[0][0])

    def query(self, sql: str) -> list[tuple[Any, ...]]:
        """Return the rows of a query."""
        with closing(sqlite3.connect(f"file:{self._path}?mode=ro", uri=True, timeout=30)) as db:
            return db.execute(sql).fetchall()
