"""The servers of the engines that the spec of the shop names."""

from __future__ import annotations

import shutil
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

from tests.servers.cassandra import CassandraServer
from tests.servers.kafka import KafkaServer
from tests.servers.mongodb import MongoServer
from tests.servers.postgres import PostgresServer
from tests.servers.redis import RedisServer
from tests.servers.server import Server


@contextmanager
def running(folder: Path) -> Iterator[Mapping[str, Server]]:
    """Start the servers, without data of an earlier run."""
    shutil.rmtree(folder, ignore_errors=True)
    servers: dict[str, Server] = {
        "kafka": KafkaServer(folder / "kafka"),
        "postgresql": PostgresServer(folder / "postgresql", max_connections="100"),
        "mongodb": MongoServer(folder / "mongodb"),
        "redis": RedisServer(folder / "redis"),
        "cassandra": CassandraServer(folder / "cassandra"),
    }
    try:
        for server in servers.values():
            server.start()
        yield servers
    finally:
        for server in servers.values():
            server.kill()
