"""Logs: one JSON object a line, whoever writes it."""

from __future__ import annotations

import io
import json
import logging
from collections.abc import Iterator

import pytest
import structlog
from chassis import logs


@pytest.fixture
def stream() -> Iterator[io.StringIO]:
    root = logging.getLogger()
    handlers, level = root.handlers[:], root.level
    stream = io.StringIO()
    logs.configure("INFO", stream)
    yield stream
    structlog.reset_defaults()
    structlog.contextvars.clear_contextvars()
    root.handlers[:] = handlers
    root.setLevel(level)


def test_ours_and_the_libraries_records_look_alike(stream: io.StringIO) -> None:
    structlog.contextvars.bind_contextvars(service="order", correlation_id="c1")
    structlog.get_logger().info("hello", answer=42)
    logging.getLogger("some.library").warning("lost %s", "it", extra={"attempt": 2})
    structlog.get_logger().debug("not shown")
    first, second = map(json.loads, stream.getvalue().splitlines())
    assert first["event"] == "hello"
    assert first["answer"] == 42
    assert second["event"] == "lost it"
    assert second["level"] == "warning"
    assert second["attempt"] == 2
    for record in (first, second):
        assert record["service"] == "order"
        assert record["correlation_id"] == "c1"
        assert record["timestamp"].endswith("Z")


def test_a_traceback_is_part_of_the_line(stream: io.StringIO) -> None:
    try:
        raise RuntimeError("broken\nin two lines")
    except RuntimeError:
        structlog.get_logger().exception("it broke")
        logging.getLogger("some.library").exception("so did this")
    records = [json.loads(line) for line in stream.getvalue().splitlines()]
    assert len(records) == 2
    assert all("RuntimeError: broken" in record["exception"] for record in records)
