from __future__ import annotations

from collections.abc import Iterator

import pytest

from . import gateways
from .rendering import render


@pytest.fixture(scope="session")
def gateway(tmp_path_factory: pytest.TempPathFactory) -> Iterator[gateways.Gateway]:
    """One gateway for all tests: each has callers of its own."""
    with gateways.running(tmp_path_factory.mktemp("gateway"), render()) as gateway:
        yield gateway
