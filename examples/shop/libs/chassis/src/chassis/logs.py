"""Structured logs: one line of JSON on standard output for every record, also of libraries.

The service, correlation_id, causation_id and traceparent of a record come from the context of the
request or message that is being handled. They are only put together when a record is written.
"""

from __future__ import annotations

import json
import logging
import sys
from typing import TextIO

import structlog
from structlog.stdlib import ProcessorFormatter

from chassis import trace

_SHARED: tuple[structlog.typing.Processor, ...] = (
    structlog.contextvars.merge_contextvars,
    trace.log_fields,
    structlog.processors.add_log_level,
    structlog.processors.TimeStamper(fmt="iso", utc=True),
    structlog.processors.format_exc_info,
)
_NOISY = ("httpx", "httpcore", "asyncio", "uvicorn.access", "uvicorn.error")

_encode = json.JSONEncoder(default=str, ensure_ascii=False).encode


def configure(level: str, stream: TextIO | None = None) -> None:
    """Write every record of at least `level` as a line of JSON.

    Args:
        level: The name of the level.
        stream: Where to write; standard output by default.
    """
    stream = stream or sys.stdout
    number = logging.getLevelNamesMapping()[level]
    structlog.configure(
        processors=[*_SHARED, _render],
        wrapper_class=structlog.make_filtering_bound_logger(number),
        logger_factory=structlog.WriteLoggerFactory(stream),
        cache_logger_on_first_use=False,
    )
    handler = logging.StreamHandler(stream)
    handler.setFormatter(
        ProcessorFormatter(
            foreign_pre_chain=[*_SHARED, structlog.stdlib.ExtraAdder()],
            processors=[ProcessorFormatter.remove_processors_meta, _render],
        )
    )
    root = logging.getLogger()
    root.handlers[:] = [handler]
    root.setLevel(number)
    for name in _NOISY:
        logging.getLogger(name).setLevel(max(number, logging.WARNING))


def _render(
    logger: structlog.typing.WrappedLogger, method: str, event: structlog.typing.EventDict
) -> str:
    return _encode(event)
