"""A read model in Cassandra: a keyspace with a table for each collection."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any
from urllib.parse import urlsplit

from cassandra.cluster import EXEC_PROFILE_DEFAULT, Cluster, ExecutionProfile
from cassandra.query import dict_factory

from tests.faults.snapshot import Document
from tests.faults.stores.values import as_json

_IDS = {"order_history": "order_id"}


class CassandraStore:
    """A keyspace."""

    def __init__(self, url: str, unit: str) -> None:
        parts = urlsplit(url)
        profile = ExecutionProfile(row_factory=dict_factory, request_timeout=60)
        self._cluster = Cluster(
            [parts.hostname],
            port=parts.port or 9042,
            execution_profiles={EXEC_PROFILE_DEFAULT: profile},
        )
        self._unit = unit
        self._session: Any = None

    def documents(self, collection: str) -> dict[str, Document]:
        id = _IDS.get(collection, "id")
        return {
            str(row[id]): Document(row.pop("version"), as_json(row))
            for row in self._query(f'SELECT * FROM "{collection}"')
        }

    def events(self) -> Iterable[bytes]:
        raise NotImplementedError("Cassandra has read models only")

    def count(self, what: str) -> int:
        return sum(1 for _ in self._query(f"SELECT message FROM {what}"))

    def _query(self, cql: str) -> list[dict[str, Any]]:
        if self._session is None:
            self._session = self._cluster.connect(self._unit)
        return list(self._session.execute(cql))
