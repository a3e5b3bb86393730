"""Values of drivers as they are in events: JSON."""

from __future__ import annotations

from datetime import UTC, datetime
from decimal import Decimal
from typing import Any
from uuid import UUID

from bson import Decimal128


def as_json(value: Any) -> Any:
    """Return a value as it is in the data of an event."""
    match value:
        case Decimal() | UUID():
            return str(value)
        case Decimal128():
            return str(value.to_decimal())
        case datetime():
            return value.astimezone(UTC).isoformat().replace("+00:00", "Z")
        case dict():
            return {str(key): as_json(item) for key, item in value.items()}
        case list():
            return [as_json(item) for item in value]
    return value
