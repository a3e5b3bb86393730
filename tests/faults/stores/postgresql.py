"""A store in PostgreSQL: a schema with a table for each collection."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import psycopg
from psycopg import sql
from psycopg.rows import dict_row

from tests.faults.snapshot import Document
from tests.faults.stores.values import as_json

_IDS = {
    "stock_item": "product_id",
    "payment": "order_id",
    "shipment": "order_id",
}


class PostgresStore:
    """A schema."""

    def __init__(self, url: str, unit: str) -> None:
        self._url = url
        self._unit = unit

    def documents(self, collection: str) -> dict[str, Document]:
        id = _IDS.get(collection, "id")
        return {
            str(row[id]): Document(row.pop("version"), as_json(row))
            for row in self._query("SELECT * FROM {}", collection)
        }

    def events(self) -> Iterable[bytes]:
        rows = self._query("SELECT envelope FROM {} ORDER BY stream, version", "events")
        return [row["envelope"] for row in rows]

    def count(self, what: str) -> int:
        (row,) = self._query("SELECT count(*) AS count FROM {}", what)
        return int(row["count"])

    def _query(self, text: str, table: str) -> list[dict[str, Any]]:
        with psycopg.connect(self._url, row_factory=dict_row) as connection:
            statement = sql.SQL(text).format(sql.Identifier(self._unit, table))
            return connection.execute(statement).fetchall()
