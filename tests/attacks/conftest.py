"""The example shop, which runs for all attacks."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.attacks.shop import Shop, opened
from tests.e2e.conftest import Project, shop

__all__ = ["shop", "target"]


@pytest.fixture(scope="session")
def target(shop: Project) -> Iterator[Shop]:
    shop.make("up")
    yield opened(shop.root)
    shop.make("down")
