"""Values as SQL, for defaults and constraints."""

from __future__ import annotations

import json

from sqlalchemy import TextClause, text

from chassis.store.port import Field, Kind
from chassis.store.sql.texts import escaped_json


def quoted(value: str) -> str:
    """Return text as SQL."""
    doubled = value.replace("'", "''")
    return f"'{doubled}'"


def default_text(field: Field) -> str:
    """Return the default of a field as the text of its value."""
    default = escaped_json(field.default or "null")
    if field.kind is Kind.JSON:
        return default
    value = json.loads(default)
    return value if isinstance(value, str) else default


def expression(sql: str) -> TextClause:
    """Return SQL as an expression without parameters."""
    return text(sql.replace(":", "\\:"))
