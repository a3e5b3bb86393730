"""One server of each engine for all tests; each test uses names of its own.

An environment variable names a server that runs already, e.g. `TEST_KAFKA_URL`. Tests that kill
their server use one of their own all the same.
"""

from __future__ import annotations

import os
from collections.abc import Iterator

import pytest

from tests.servers.cassandra import CassandraServer
from tests.servers.kafka import KafkaServer
from tests.servers.mongodb import MongoServer
from tests.servers.postgres import PostgresServer
from tests.servers.rabbitmq import RabbitServer
from tests.servers.redis import RedisServer


@pytest.fixture(scope="session")
def cassandra_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[CassandraServer]:
    """A server that a test may stop, but not kill: it would lose its tables."""
    server = CassandraServer(tmp_path_factory.mktemp("cassandra"), hasty=True)
    server.start()
    yield server
    server.kill()


@pytest.fixture(scope="session")
def cassandra_url(request: pytest.FixtureRequest) -> str:
    """The URL of a server, which is not killed."""
    if url := os.environ.get("TEST_CASSANDRA_URL"):
        return url
    server: CassandraServer = request.getfixturevalue("cassandra_server")
    return server.url


@pytest.fixture(scope="session")
def kafka_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[KafkaServer]:
    """A server that a test may kill, if it starts it again."""
    server = KafkaServer(tmp_path_factory.mktemp("kafka"))
    server.start()
    yield server
    server.kill()


@pytest.fixture(scope="session")
def kafka_url(request: pytest.FixtureRequest) -> str:
    """The URL of a server, which is not killed."""
    if url := os.environ.get("TEST_KAFKA_URL"):
        return url
    server: KafkaServer = request.getfixturevalue("kafka_server")
    return server.url


@pytest.fixture(scope="session")
def mongodb_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[MongoServer]:
    """A server that a test may kill, if it starts it again."""
    server = MongoServer(tmp_path_factory.mktemp("mongodb"))
    server.start()
    yield server
    server.kill()


@pytest.fixture(scope="session")
def mongodb_url(request: pytest.FixtureRequest) -> str:
    """The URL of a server, which is not killed."""
    if url := os.environ.get("TEST_MONGODB_URL"):
        return url
    server: MongoServer = request.getfixturevalue("mongodb_server")
    return server.url


@pytest.fixture(scope="session")
def postgres_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[PostgresServer]:
    """A server that a test may kill, if it starts it again."""
    server = PostgresServer(tmp_path_factory.mktemp("postgres"))
    server.start()
    yield server
    server.remove()


@pytest.fixture(scope="session")
def postgres_url(request: pytest.FixtureRequest) -> str:
    """The URL of a server, which is not killed."""
    if url := os.environ.get("TEST_POSTGRES_URL"):
        return url
    server: PostgresServer = request.getfixturevalue("postgres_server")
    return server.url


@pytest.fixture(scope="session")
def redis_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RedisServer]:
    """A server that a test may kill, if it starts it again."""
    server = RedisServer(tmp_path_factory.mktemp("redis"))
    server.start()
    yield server
    server.kill()


@pytest.fixture(scope="session")
def redis_url(request: pytest.FixtureRequest) -> str:
    """The URL of a server, which is not killed."""
    if url := os.environ.get("TEST_REDIS_URL"):
        return url
    server: RedisServer = request.getfixturevalue("redis_server")
    return server.url


@pytest.fixture(scope="session")
def rabbitmq_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RabbitServer]:
    """A server that a test may kill, if it starts it again."""
    server = RabbitServer(tmp_path_factory.mktemp("rabbitmq"))
    server.start()
    yield server
    server.remove()


@pytest.fixture(scope="session")
def rabbitmq_url(request: pytest.FixtureRequest) -> str:
    """The URL of a server, which is not killed."""
    if url := os.environ.get("TEST_RABBITMQ_URL"):
        return url
    server: RabbitServer = request.getfixturevalue("rabbitmq_server")
    return server.url
