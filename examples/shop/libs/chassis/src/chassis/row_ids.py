"""The ids of the rows of read models, on which all that write and read them agree."""

from __future__ import annotations

import json
from collections.abc import Iterable
from datetime import datetime
from uuid import NAMESPACE_OID, uuid5


def row_id(key: Iterable[object], start: datetime | None = None) -> str:
    """Return the id of a key, or of its window that begins at `start`, which is in UTC."""
    parts = [str(value) for value in key]
    parts += [start.isoformat()] if start else []
    return str(uuid5(NAMESPACE_OID, json.dumps(parts)))
