from __future__ import annotations

from collections.abc import Iterator

import pytest

from . import gateways


@pytest.fixture(scope="session")
def gateway(tmp_path_factory: pytest.TempPathFactory) -> Iterator[gateways.Gateway]:
    """One gateway for all tests: each has callers of its own."""
    with gateways.running(tmp_path_factory.mktemp("gateway"), gateways.render()) as gateway:
        yield gateway
