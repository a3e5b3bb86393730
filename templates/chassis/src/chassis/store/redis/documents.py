"""Documents as hashes and back: a field of a document is a field of the hash, and readable."""

from __future__ import annotations

import json
import math
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime
from decimal import Decimal, InvalidOperation
from typing import Any
from uuid import UUID

from chassis.store.port import Collection, Field, Kind, Put, Scalar, Stored

VERSION = "version"

_BITS_64 = range(-(2**63), 2**63)
_LARGEST_EXPONENT = 10**12  # what the encoding in the server can have, and more than there is
_TAKEN = re.compile(r"version_*")
_quoted = json.encoder.encode_basestring


@dataclass(frozen=True, slots=True)
class Fields:
    """What the hash of a document is written from.

    Attributes:
        values: The names and texts of the fields that have a value.
        nulls: The names of those that have none.
    """

    values: tuple[tuple[str, str], ...]
    nulls: tuple[str, ...]


def stored_name(key: str) -> str:
    """Return the field of the hash for a field of the document: `version` is taken."""
    return f"{key}_" if _TAKEN.fullmatch(key) else key


def to_fields(collection: Collection, put: Put) -> Fields:
    """Return the fields of the document that `put` writes.

    Raises:
        ValueError: A field cannot have its value.
    """
    given: dict[str, Any] = json.loads(put.data, parse_constant=_no_number)
    values, nulls = [], []
    for field in collection.fields:
        value = given.pop(field.key, None)
        where = f"{collection.name}: the value of {field.key}"
        if value is not None:
            values.append((stored_name(field.key), _text_of(field, value, where)))
        elif field.optional or field.kind is Kind.JSON:
            nulls.append(stored_name(field.key))
        else:
            raise ValueError(f"{where} is missing")
    if given:
        raise ValueError(f"{collection.name}: unknown fields: {', '.join(sorted(given))}")
    return Fields(tuple(values), tuple(nulls))


class Reader:
    """Makes documents of hashes.

    Args:
        collection: The collection.
        defaults: The texts of fields that a hash need not have, by the name in the hash.
    """

    def __init__(self, collection: Collection, defaults: Mapping[str, str]) -> None:
        self._parts = [
            (
                f"{json.dumps(field.key)}:",
                stored_name(field.key).encode(),
                f"{stored_name(field.key)}:null".encode(),
                defaults.get(stored_name(field.key)),
                _quoted if field.kind in _QUOTED else str,
            )
            for field in collection.fields
        ]

    def __call__(self, id: str, fields: Mapping[bytes, bytes]) -> Stored:
        """Return the document `id`, which is stored as `fields`."""
        parts = []
        for key, name, null, default, to_json in self._parts:
            raw = fields.get(name)
            text = raw.decode() if raw is not None else None if null in fields else default
            parts.append(key + ("null" if text is None else to_json(text)))
        return Stored(id, int(fields[VERSION.encode()]), f"{{{','.join(parts)}}}")


def default_text(field: Field) -> str | None:
    """Return the default of a field as a hash has it."""
    if field.default is None or (value := json.loads(field.default)) is None:
        return None
    return _text_of(field, value, f"the default of {field.key}")


def searched_text(kind: Kind, value: Scalar) -> str:
    """Return a value that is searched for as the server compares it.

    Raises:
        ValueError: No field of this kind can be compared with it.
    """
    try:
        text = _searched(kind, value)
        text.encode()
    except (ValueError, TypeError, OverflowError, InvalidOperation):
        raise ValueError(f"{value!r} is not a valid value for {kind.value}") from None
    return text


def _searched(kind: Kind, value: Scalar) -> str:
    match kind, value:
        case Kind.BOOLEAN, bool():
            return _boolean(value)
        case (_, bool()) | (Kind.BOOLEAN, _):
            pass
        case Kind.NUMBER, (int() | float()):
            return _nearest(value)
        case ((Kind.INTEGER | Kind.DECIMAL), (int() | float())):
            return str(value if isinstance(value, int) else Decimal(value))
        case Kind.DECIMAL, str():
            return _decimal(value)
        case Kind.INSTANT, str():
            return _instant(value)
        case ((Kind.TEXT | Kind.ENUM | Kind.UUID | Kind.DATE), str()):
            return _text(value)
    raise TypeError


def _text_of(field: Field, value: Any, where: str) -> str:
    try:
        text = _enum(field, value) if field.kind is Kind.ENUM else _TEXTS[field.kind](value)
        text.encode()
    except (ValueError, TypeError, OverflowError, InvalidOperation):
        raise ValueError(f"{where} is not a valid {field.kind.value}") from None
    return text


def _enum(field: Field, value: Any) -> str:
    if value not in field.values:
        raise ValueError
    return _text(value)


def _text(value: Any) -> str:
    if not isinstance(value, str):
        raise TypeError
    return value


def _integer(value: Any) -> str:
    if isinstance(value, bool) or not isinstance(value, int) or value not in _BITS_64:
        raise ValueError
    return str(value)


def _number(value: Any) -> str:
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise TypeError
    return repr(float(value) + 0.0)  # which is no negative zero


def _nearest(value: float) -> str:
    """Return a number as a floating point number is compared with it."""
    try:
        number = float(value)
    except OverflowError:
        return str(value)  # beyond all of them
    return repr(number + 0.0) if math.isfinite(number) else f"{'-' if number < 0 else ''}1E+400"


def _boolean(value: Any) -> str:
    if not isinstance(value, bool):
        raise TypeError
    return "true" if value else "false"


def _decimal(value: Any) -> str:
    number = Decimal(_text(value))
    if not number.is_finite() or abs(number.adjusted()) > _LARGEST_EXPONENT:
        raise ValueError
    return str(number)


def _uuid(value: Any) -> str:
    return str(UUID(_text(value)))


def _instant(value: Any) -> str:
    """Return an instant in the form whose order as text is the order in time."""
    instant = datetime.fromisoformat(_text(value))
    instant = instant.astimezone(UTC) if instant.tzinfo else instant
    return f"{instant.date().isoformat()}T{instant:%H:%M:%S.%f}Z"


def _date(value: Any) -> str:
    return date.fromisoformat(_text(value)).isoformat()


def _json(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"), allow_nan=False)


def _no_number(name: str) -> Any:
    raise ValueError(f"{name} is not a JSON number")


_TEXTS: dict[Kind, Callable[[Any], str]] = {
    Kind.TEXT: _text,
    Kind.UUID: _uuid,
    Kind.INTEGER: _integer,
    Kind.NUMBER: _number,
    Kind.BOOLEAN: _boolean,
    Kind.DECIMAL: _decimal,
    Kind.INSTANT: _instant,
    Kind.DATE: _date,
    Kind.JSON: _json,
}
_QUOTED = {Kind.TEXT, Kind.UUID, Kind.DECIMAL, Kind.INSTANT, Kind.DATE, Kind.ENUM}
