"""Page cursors: opaque to the client, and validated when they come back."""

from __future__ import annotations

import base64
import json
import zlib
from collections.abc import Mapping
from typing import Any

from chassis.errors import InvalidCursor
from chassis.fields import SearchField
from chassis.store.port import Query, Scalar


def write_cursor(query: Query, after: tuple[Scalar, ...]) -> str:
    """Return the cursor after the document with these sort values and, last, this id."""
    text = json.dumps([_fingerprint(query), *after], separators=(",", ":"))
    return base64.urlsafe_b64encode(text.encode()).decode().rstrip("=")


def read_cursor(cursor: str, query: Query, fields: Mapping[str, SearchField]) -> tuple[Scalar, ...]:
    """Return the sort values and the id that `write_cursor` was given.

    Raises:
        InvalidCursor: The cursor is malformed, or belongs to another query.
    """
    try:
        padded = cursor.encode("ascii") + b"=" * (-len(cursor) % 4)
        fingerprint, *values, id = json.loads(base64.b64decode(padded, b"-_", validate=True))
        if fingerprint != _fingerprint(query) or not isinstance(id, str):
            raise InvalidCursor
        id.encode()  # no lone surrogates
        return (*_checked(query, values, fields), id)
    except (ValueError, TypeError, RecursionError) as error:
        raise InvalidCursor from error


def _checked(query: Query, values: list[Any], fields: Mapping[str, SearchField]) -> list[Scalar]:
    return [
        None if value is None else fields[sort.field].parse(value)
        for sort, value in zip(query.sort, values, strict=True)
    ]


def _fingerprint(query: Query) -> int:
    """Return a checksum of the query without its page."""
    where = [(c.field, c.operator.value, c.value) for c in query.where]
    content = [query.collection, where, [(s.field, s.descending) for s in query.sort]]
    return zlib.crc32(json.dumps(content).encode())
