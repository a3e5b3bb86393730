"""Messages as they are on the wire and in event stores: CloudEvents in JSON."""

from __future__ import annotations

import json
from typing import Any

from tests.faults.snapshot import Event


def parse(raw: bytes, *, topic: str, position: int) -> Event | None:
    """Return the message; None if it is none, as poison is."""
    try:
        envelope: dict[str, Any] = json.loads(raw)
        name = str(envelope["type"]).split(".")[-2]
        data = envelope["data"]
        sequence = envelope.get("sequence")
        return Event(
            id=envelope["id"],
            type=name,
            subject=envelope["subject"],
            sequence=None if sequence is None else int(sequence),
            data=data,
            position=position,
            topic=topic,
        )
    except (ValueError, KeyError, TypeError, IndexError):
        return None
