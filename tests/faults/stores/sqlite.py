"""A store in SQLite: a file with a typed table for each collection."""

from __future__ import annotations

import json
import re
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
        (key,) = self.query(f"SELECT name FROM pragma_table_info('{collection}') WHERE pk = 1")[0]
        (sql,) = self.query(f"SELECT sql FROM sqlite_master WHERE name = '{collection}'")[0]
        return {
            row[key]: Document(row.pop("version"), {k: _value(sql, k, v) for k, v in row.items()})
            for row in self._rows(f'SELECT * FROM "{collection}"')
        }

    def events(self) -> Iterable[bytes]:
        rows = self.query("SELECT envelope FROM events ORDER BY stream, version")
        return [envelope for (envelope,) in rows]

    def count(self, what: str) -> int:
        return int(self.query(f"SELECT count(*) FROM {what}")[0][0])

    def _rows(self, sql: str) -> list[dict[str, Any]]:
        with self._connected() as db:
            cursor = db.execute(sql)
            names = [each[0] for each in cursor.description]
            return [dict(zip(names, row, strict=True)) for row in cursor]

    def query(self, sql: str) -> list[tuple[Any, ...]]:
        """Return the rows of a query."""
        with self._connected() as db:
            return db.execute(sql).fetchall()

    def _connected(self) -> closing[sqlite3.Connection]:
        return closing(sqlite3.connect(f"file:{self._path}?mode=ro", uri=True, timeout=30))


def _value(sql: str, column: str, value: Any) -> Any:
    """Return a value as JSON has it: CHECKs say what is JSON, or a boolean."""
    name = rf'(?:{column}|"{column}")'
    if value is not None and re.search(rf"json_valid\({name}\)", sql):
        return json.loads(value)
    if isinstance(value, str):
        return re.sub(r"(?<=T\d\d:\d\d:\d\d)\.000000Z$", "Z", value)  # as events have instants
    is_boolean = re.search(rf"CHECK \({name} IN \(0, 1\)\)", sql)
    return bool(value) if value is not None and is_boolean else value
