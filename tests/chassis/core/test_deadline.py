"""A command is not begun after the deadline of its request."""

from __future__ import annotations

import time
from pathlib import Path
from uuid import uuid4

import pytest
from chassis import deadline
from chassis.deadline import DeadlineExceeded
from chassis.messages import Catalog
from chassis.store.sqlite.store import open_sqlite

from . import market
from .market import Product
from .test_commands import list_product, prepared


async def test_after_the_deadline_nothing_is_carried_out(tmp_path: Path, messages: Catalog) -> None:
    store = open_sqlite(tmp_path / "unit.db")
    runtime = await prepared(market.product_service(messages), store)
    late, timely = uuid4(), uuid4()
    with deadline.use(time.monotonic() - 1), pytest.raises(DeadlineExceeded):
        await runtime.handle(list_product(late), caller=None, message_id=uuid4())
    with deadline.use(time.monotonic() + 3600):
        await runtime.handle(list_product(timely), caller=None, message_id=uuid4())
    assert await runtime.read(Product, late, None) is None
    assert await runtime.read(Product, timely, None) is not None
    await store.close()
