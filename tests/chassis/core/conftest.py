from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest
from chassis.messages import Catalog

from . import market
from .running import Running


@pytest.fixture
def messages() -> Catalog:
    """A catalog with topics that no other test uses."""
    return market.catalog(f"t{uuid4().hex[:10]}")


@pytest.fixture
async def running(nats_server: Any, messages: Catalog, tmp_path: Path) -> AsyncIterator[Running]:
    """Runs units of the market on real parts."""
    async with Running(nats_server.url, messages, tmp_path) as running:
        yield running
