"""The trace of the current task: correlation, causation and W3C trace context.

See https://www.w3.org/TR/trace-context/#traceparent-header.
"""

from __future__ import annotations

import re
import secrets
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from uuid import UUID, uuid4

import structlog

from chassis.envelope import Envelope

_TRACEPARENT = re.compile(
    r"(?P<version>[0-9a-f]{2})-(?P<trace>[0-9a-f]{32})-(?P<span>[0-9a-f]{16})-(?P<flags>[0-9a-f]{2})(-.*)?"
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Trace:
    """The trace of a request or message.

    Attributes:
        correlation_id: The same for everything that one request causes.
        causation_id: The message that directly caused this work; None at the start.
        traceparent: The W3C trace context of this span.
        parent: That of the span which caused it; None at the start.
    """

    correlation_id: UUID
    causation_id: UUID | None
    traceparent: str
    parent: str | None = None


_current: ContextVar[Trace | None] = ContextVar("chassis_trace", default=None)


def current() -> Trace | None:
    """Return the current trace, or None."""
    return _current.get()


def begin(
    *,
    correlation_id: UUID | None = None,
    causation_id: UUID | None = None,
    traceparent: str | None = None,
) -> Trace:
    """Return the trace of a new span; ids that are not given are created."""
    return Trace(
        correlation_id=correlation_id or uuid4(),
        causation_id=causation_id,
        traceparent=child_of(traceparent),
        parent=traceparent or None,
    )


def continued(envelope: Envelope) -> Trace:
    """Return the trace of the work that the message in `envelope` causes."""
    return begin(
        correlation_id=envelope.correlation_id,
        causation_id=envelope.id,
        traceparent=envelope.traceparent,
    )


@contextmanager
def use(trace: Trace) -> Iterator[Trace]:
    """Make `trace` the current trace of the block, also in the logs."""
    token = _current.set(trace)
    try:
        yield trace
    finally:
        _current.reset(token)


def log_fields(
    logger: structlog.typing.WrappedLogger, method: str, event: structlog.typing.EventDict
) -> structlog.typing.EventDict:
    """Add the current trace to a log record: a structlog processor."""
    trace = _current.get()
    if trace is not None:
        event.setdefault("correlation_id", str(trace.correlation_id))
        event.setdefault("causation_id", str(trace.causation_id) if trace.causation_id else None)
        event.setdefault("traceparent", trace.traceparent)
    return event


def child_of(traceparent: str | None) -> str:
    """Return the `traceparent` of a new span under `traceparent`, or of a new sampled trace."""
    parent = parse(traceparent)
    trace_id, flags = parent or (secrets.token_hex(16), "01")
    return f"00-{trace_id}-{secrets.token_hex(8)}-{flags}"


def parse(traceparent: str | None) -> tuple[str, str] | None:
    """Return the trace id and the flags of a valid `traceparent`, else None."""
    match = _TRACEPARENT.fullmatch(traceparent or "")
    if match is None or match["version"] == "ff" or (match["version"] == "00" and match[5]):
        return None
    if set(match["trace"]) == {"0"} or set(match["span"]) == {"0"}:
        return None
    return match["trace"], match["flags"]
