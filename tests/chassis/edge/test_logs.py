"""Logs: one JSON object a line, whoever writes it."""

from __future__ import annotations

import io
import json
import logging

import structlog
from chassis import trace


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


def test_a_record_has_the_trace_of_its_task(stream: io.StringIO) -> None:
    began = trace.begin()
    with trace.use(began):
        structlog.get_logger().info("inside")
        logging.getLogger("some.library").warning("inside, too")
    structlog.get_logger().info("outside")
    *inside, outside = map(json.loads, stream.getvalue().splitlines())
    for record in inside:
        assert record["correlation_id"] == str(began.correlation_id)
        assert record["causation_id"] is None
        assert record["traceparent"] == began.traceparent
    assert "correlation_id" not in outside


def test_a_traceback_is_part_of_the_line(stream: io.StringIO) -> None:
    try:
        raise RuntimeError("broken\nin two lines")
    except RuntimeError:
        structlog.get_logger().exception("it broke")
        logging.getLogger("some.library").exception("so did this")
    records = [json.loads(line) for line in stream.getvalue().splitlines()]
    assert len(records) == 2
    assert all("RuntimeError: broken" in record["exception"] for record in records)
