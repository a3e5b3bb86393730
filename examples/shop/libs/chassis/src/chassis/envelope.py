"""The envelope of every message: CloudEvents 1.0, structured JSON mode.

See https://github.com/cloudevents/spec/blob/v1.0.2/cloudevents/formats/json-format.md. It uses the
documented extensions traceparent and sequence (the version of the aggregate after the event), and
the extensions correlationid and causationid.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

_SEQUENCE_DIGITS = 10  # the extension requires text that sorts in order
# Within texts of JSON quotes are escaped, so this matches only a member of an object; and the
# attributes are before the data.
_TRACEPARENT = re.compile(rb'"traceparent":"([^"\\]+)"')
_DATA = b'"data":'


class Undecodable(Exception):
    """These bytes are not an envelope."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Envelope:
    """A message and its CloudEvents attributes. `data` is the message as JSON values."""

    id: UUID
    source: str
    type: str
    subject: str
    time: datetime
    data: Mapping[str, Any]
    correlation_id: UUID
    causation_id: UUID | None = None
    traceparent: str | None = None
    sequence: int | None = None

    def to_json(self) -> bytes:
        """Return the envelope in the CloudEvents JSON format."""
        attributes: dict[str, Any] = {
            "specversion": "1.0",
            "id": str(self.id),
            "source": self.source,
            "type": self.type,
            "subject": self.subject,
            "time": self.time.astimezone(UTC).isoformat().replace("+00:00", "Z"),
            "datacontenttype": "application/json",
            "correlationid": str(self.correlation_id),
        }
        if self.causation_id is not None:
            attributes["causationid"] = str(self.causation_id)
        if self.traceparent is not None:
            attributes["traceparent"] = self.traceparent
        if self.sequence is not None:
            attributes["sequence"] = f"{self.sequence:0{_SEQUENCE_DIGITS}d}"
        attributes["data"] = self.data
        return json.dumps(attributes, ensure_ascii=False, separators=(",", ":")).encode()

    @classmethod
    def from_json(cls, raw: bytes) -> Envelope:
        """Parse an envelope in the CloudEvents JSON format.

        Raises:
            Undecodable: `raw` is not one.
        """
        try:
            attributes = json.loads(raw)
            return cls._from_attributes(attributes)
        except (ValueError, KeyError, TypeError, AttributeError, RecursionError) as error:
            raise Undecodable(f"not a CloudEvents envelope: {error!r}") from error

    @classmethod
    def _from_attributes(cls, attributes: Mapping[str, Any]) -> Envelope:
        if attributes["specversion"] != "1.0" or not isinstance(attributes["data"], dict):
            raise ValueError("specversion must be 1.0 and data an object")
        causation, sequence = attributes.get("causationid"), attributes.get("sequence")
        return cls(
            id=UUID(attributes["id"]),
            source=str(attributes["source"]),
            type=str(attributes["type"]),
            subject=str(attributes["subject"]),
            time=datetime.fromisoformat(attributes["time"]),
            data=attributes["data"],
            correlation_id=UUID(attributes["correlationid"]),
            causation_id=UUID(causation) if causation else None,
            traceparent=attributes.get("traceparent"),
            sequence=int(sequence) if sequence is not None else None,
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Outgoing:
    """A message for the hub: what it is routed by, and its envelope in the CloudEvents JSON format.

    Attributes:
        topic: The topic that it is published to.
        id: The id of the message.
        type: The CloudEvents type.
        subject: The id of the aggregate.
        data: The envelope.
    """

    topic: str
    id: str
    type: str
    subject: str
    data: bytes

    @classmethod
    def of(cls, topic: str, envelope: Envelope) -> Outgoing:
        """Return `envelope` as a message for `topic`."""
        return cls(
            topic=topic,
            id=str(envelope.id),
            type=envelope.type,
            subject=envelope.subject,
            data=envelope.to_json(),
        )

    @property
    def envelope(self) -> Envelope:
        """The decoded envelope."""
        return Envelope.from_json(self.data)

    @property
    def traceparent(self) -> str | None:
        """The trace that it belongs to; found without decoding the envelope."""
        found = _TRACEPARENT.search(self.data.partition(_DATA)[0])
        return None if found is None else found[1].decode()
