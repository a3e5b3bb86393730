"""The fields of stored classes: what a store is told, and what a search may use."""

from __future__ import annotations

import dataclasses
import types
import typing
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from enum import Enum
from typing import Any
from uuid import UUID

from pydantic import TypeAdapter, ValidationError

from chassis.decimals import json_adapter
from chassis.errors import InvalidQuery
from chassis.store.port import Field, Kind, Scalar

_KINDS = {  # a class comes before its bases
    bool: Kind.BOOLEAN,
    int: Kind.INTEGER,
    float: Kind.NUMBER,
    Decimal: Kind.DECIMAL,
    datetime: Kind.INSTANT,
    date: Kind.DATE,
    UUID: Kind.UUID,
    str: Kind.TEXT,
}
_LARGEST = 2**63  # no engine compares larger integers


@dataclass(frozen=True, slots=True)
class SearchField:
    """A field with a scalar value. `key` is its name in the stored JSON."""

    name: str
    key: str
    adapter: TypeAdapter[Any]

    def parse(self, value: object) -> Scalar:
        """Return `value`, which may be text from a URL, as the stored JSON has it.

        Raises:
            InvalidQuery: The field cannot have this value.
        """
        try:
            scalar: Scalar = self.adapter.dump_python(
                self.adapter.validate_python(value), mode="json"
            )
        except ValidationError as error:
            raise InvalidQuery(self.name, error.errors()[0]["msg"]) from error
        if isinstance(scalar, int) and not -_LARGEST <= scalar < _LARGEST:
            raise InvalidQuery(self.name, "number out of range")
        if isinstance(scalar, str) and not _is_text(scalar):
            raise InvalidQuery(self.name, "is not valid text")
        return scalar


def stored_fields(kind: type, keys: Mapping[str, str]) -> dict[str, Field]:
    """Return the fields of a state or row class as stores have them, by name.

    Args:
        kind: The class, which is a dataclass.
        keys: The keys of fields that are stored under another one than their name.
    """
    hints = typing.get_type_hints(kind)
    return {
        field.name: _stored(keys.get(field.name, field.name), hints[field.name], field)
        for field in dataclasses.fields(kind)
    }


def search_fields(kind: type, fields: Mapping[str, Field]) -> dict[str, SearchField]:
    """Return those of the stored `fields` of class `kind` that a search can use."""
    hints = typing.get_type_hints(kind)
    return {
        name: SearchField(name, field.key, json_adapter(hints[name]))
        for name, field in fields.items()
        if field.kind is not Kind.JSON
    }


def _stored(key: str, hint: Any, field: dataclasses.Field[Any]) -> Field:
    inner, optional = _without_none(hint)
    kind, values = _kind(inner)
    return Field(key, kind, optional, _default(hint, field), values)


def _without_none(hint: Any) -> tuple[Any, bool]:
    if typing.get_origin(hint) not in (typing.Union, types.UnionType):
        return hint, False
    inner = [each for each in typing.get_args(hint) if each is not types.NoneType]
    return (inner[0] if len(inner) == 1 else hint), types.NoneType in typing.get_args(hint)


def _kind(hint: Any) -> tuple[Kind, tuple[str, ...]]:
    if not isinstance(hint, type):
        return Kind.JSON, ()
    if issubclass(hint, Enum):
        values = [member.value for member in hint]
        if all(isinstance(value, str) for value in values):
            return Kind.ENUM, tuple(values)
        types_ = {type(value) for value in values}
        return _kind(types_.pop()) if len(types_) == 1 else (Kind.JSON, ())
    return next((kind for base, kind in _KINDS.items() if issubclass(hint, base)), Kind.JSON), ()


def _default(hint: Any, field: dataclasses.Field[Any]) -> str | None:
    if field.default is not dataclasses.MISSING:
        value = field.default
    elif field.default_factory is not dataclasses.MISSING:
        value = field.default_factory()
    else:
        return None
    return None if value is None else json_adapter(hint).dump_json(value, by_alias=True).decode()


def _is_text(value: str) -> bool:
    """Return whether `value` can be encoded: JSON can escape lone surrogates."""
    try:
        value.encode()
    except UnicodeEncodeError:
        return False
    return True
