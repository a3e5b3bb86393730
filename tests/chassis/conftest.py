"""A real NATS server for the tests of the chassis."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.servers.nats import NatsServer


@pytest.fixture(scope="session")
def nats_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[NatsServer]:
    """One server for all tests; each uses a system name of its own."""
    server = NatsServer(tmp_path_factory.mktemp("nats"), sync="2m")
    server.start()
    yield server
    server.kill()


@pytest.fixture
def own_nats_server(tmp_path: Path) -> Iterator[NatsServer]:
    """A server for a test that kills it."""
    server = NatsServer(tmp_path / "nats")
    server.start()
    yield server
    server.kill()
