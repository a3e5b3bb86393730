"""Envelopes as AMQP messages, in the structured mode of the CloudEvents binding for AMQP.

The body is the envelope. The headers repeat its type, by which readers select messages without
decoding them, its id and subject, and the trace that it belongs to.

A stream does not tell its readers when a message was stored. So the publisher says when it was
sent, in the header by which RabbitMQ itself says it, if it is configured to
(`message_interceptors.incoming.set_header_timestamp`).
"""

from __future__ import annotations

import json
from contextlib import suppress
from datetime import UTC, datetime

from aio_pika import DeliveryMode, Message
from aiormq import spec
from aiormq.abc import DeliveredMessage, FieldTable

from chassis.envelope import Outgoing
from chassis.hub.port import Record

CONTROL = "chassis-control"
"""The header of what this adapter publishes for itself; readers skip it."""

_CONTENT_TYPE = "application/cloudevents+json; charset=UTF-8"
_TYPE = "cloudEvents:type"
_TIME = "timestamp_in_ms"


def properties_of(outgoing: Outgoing) -> spec.Basic.Properties:
    """Return what is published with the envelope of a message."""
    now = datetime.now(UTC)
    headers: FieldTable = {
        "cloudEvents:specversion": "1.0",
        "cloudEvents:id": outgoing.id,
        _TYPE: outgoing.type,
        "cloudEvents:subject": outgoing.subject,
        _TIME: round(now.timestamp() * 1000),
    }
    if (trace := outgoing.traceparent) is not None:
        headers["traceparent"] = trace
    return spec.Basic.Properties(
        content_type=_CONTENT_TYPE,
        message_id=outgoing.id,
        timestamp=now,
        delivery_mode=DeliveryMode.PERSISTENT,
        headers=headers,
    )


def control_message(body: bytes = b"") -> Message:
    """Return a message that readers skip."""
    return Message(body, delivery_mode=DeliveryMode.PERSISTENT, headers={CONTROL: "1"})


def record_of(
    message: DeliveredMessage, partition: int, offset: int, types: frozenset[str] | None
) -> Record | None:
    """Return a message of a partition as a record; None if it is not wanted."""
    headers = message.header.properties.headers or {}
    if CONTROL in headers:
        return None
    type = headers.get(_TYPE)
    if not isinstance(type, str):
        type = _type_in(message.body)
    if types is not None and type not in types:
        return None
    return Record(
        partition=partition,
        position=offset,
        time=_time_of(message),
        type=type,
        data=message.body,
    )


def _time_of(message: DeliveredMessage) -> datetime:
    """Return when a message was sent; 1970 if others have published it without a time."""
    properties = message.header.properties
    milliseconds = (properties.headers or {}).get(_TIME)
    with suppress(ValueError, OverflowError, OSError):  # it is whatever others have published
        if isinstance(milliseconds, int):
            return datetime.fromtimestamp(milliseconds / 1000, UTC)
    return properties.timestamp or datetime.fromtimestamp(0, UTC)


def _type_in(envelope: bytes) -> str:
    """Return the type of what others have published without our headers; empty if it has none."""
    try:
        return str(json.loads(envelope)["type"])
    except (ValueError, KeyError, TypeError, RecursionError):
        return ""
