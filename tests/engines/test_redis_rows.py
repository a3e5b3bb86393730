"""The searches of the runtime on Redis: the tests that run on SQLite, here on this store."""

from __future__ import annotations

from collections.abc import AsyncIterator
from uuid import uuid4

import pytest
from chassis.store.port import Store
from chassis.store.redis.store import open_redis

from tests.chassis.core.test_rows import (
    test_a_cursor_belongs_to_its_query,
    test_a_forged_cursor_is_invalid,
    test_a_row_is_read_as_it_was_written,
    test_a_value_may_be_text_or_typed,
    test_pages_are_what_python_would_cut,
    test_what_cannot_be_asked,
)

__all__ = [
    "test_a_cursor_belongs_to_its_query",
    "test_a_forged_cursor_is_invalid",
    "test_a_row_is_read_as_it_was_written",
    "test_a_value_may_be_text_or_typed",
    "test_pages_are_what_python_would_cut",
    "test_what_cannot_be_asked",
]


@pytest.fixture
async def store(redis_url: str) -> AsyncIterator[Store]:
    store = open_redis(redis_url, f"unit {uuid4()}")
    yield store
    await store.close()
