"""Structured logs: one line of JSON on standard output for every record, also of libraries.

The service, correlation_id, causation_id and traceparent of a record come from the context of the
request or message that is being handled.
"""

from __future__ import annotations

import logging
import sys
from typing import TextIO

import structlog
from structlog.stdlib import ProcessorFormatter

_SHARED: tuple[structlog.typing.Processor, ...] = (
    structlog.contextvars.merge_contextvars,
    structlog.processors.add_log_level,
    structlog.processors.TimeStamper(fmt="iso", utc=True),
    structlog.processors.format_exc_info,
)
_NOISY = ("httpx", "httpcore", "asyncio", "uvicorn.access", "uvicorn.error")


def configure(level: str, stream: TextIO | None = None) -> None:
    """Write every record of at least `level` as a line of JSON.

    Args:
        level: The name of the level.
        stream: Where to write; standard output by default.
    """
    stream = stream or sys.stdout
    number = logging.getLevelNamesMapping()[level]
    render = structlog.processors.JSONRenderer(default=str, ensure_ascii=False)
    structlog.configure(
        processors=[*_SHARED, render],
        wrapper_class=structlog.make_filtering_bound_logger(number),
        logger_factory=structlog.WriteLoggerFactory(stream),
        cache_logger_on_first_use=False,
    )
    handler = logging.StreamHandler(stream)
    handler.setFormatter(
        ProcessorFormatter(
            foreign_pre_chain=[*_SHARED, structlog.stdlib.ExtraAdder()],
            processors=[ProcessorFormatter.remove_processors_meta, render],
        )
    )
    root = logging.getLogger()
    root.handlers[:] = [handler]
    root.setLevel(number)
    for name in _NOISY:
        logging.getLogger(name).setLevel(max(number, logging.WARNING))
