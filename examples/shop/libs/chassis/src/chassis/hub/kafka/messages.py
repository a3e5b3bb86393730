"""Envelopes as Kafka messages, in the structured mode of the CloudEvents binding for Kafka.

The value is the envelope. The headers repeat its type, by which readers select messages without
decoding them, its id, and the trace that it belongs to. The key is the subject.
"""

from __future__ import annotations

import json
from datetime import UTC, datetime

from confluent_kafka import Message

from chassis.envelope import Outgoing
from chassis.hub.port import Record

_CONTENT_TYPE = b"application/cloudevents+json; charset=UTF-8"
_TYPE = "ce_type"


def headers_of(message: Outgoing) -> list[tuple[str, str | bytes | None]]:
    """Return the headers of a message."""
    headers: list[tuple[str, str | bytes | None]] = [
        ("content-type", _CONTENT_TYPE),
        ("ce_specversion", b"1.0"),
        ("ce_id", message.id.encode()),
        (_TYPE, message.type.encode()),
    ]
    if (trace := message.traceparent) is not None:
        headers.append(("traceparent", trace.encode()))
    return headers


def record_of(message: Message[bytes, bytes], type: str, pending: int) -> Record:
    """Return a message as a record."""
    partition, offset, value = message.partition(), message.offset(), message.value()
    assert partition is not None
    assert offset is not None
    return Record(
        partition=partition,
        position=offset + 1,
        time=datetime.fromtimestamp(message.timestamp()[1] / 1000, UTC),
        type=type,
        data=value or b"",
        pending=pending,
    )


def type_of(message: Message[bytes, bytes]) -> str:
    """Return the CloudEvents type of a message; empty if it has none."""
    headers = message.headers()
    assert not isinstance(headers, dict)  # it is one only when a message is sent
    for name, value in headers or ():
        if name == _TYPE and isinstance(value, bytes):
            return value.decode(errors="replace")
    return _type_in(message.value() or b"")


def _type_in(envelope: bytes) -> str:
    """Return the type of what others have published without our headers; empty if it has none."""
    try:
        return str(json.loads(envelope)["type"])
    except (ValueError, KeyError, TypeError, RecursionError):
        return ""
