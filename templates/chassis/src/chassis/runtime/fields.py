"""The fields that a search may use, and the values that they may have."""

from __future__ import annotations

import types
import typing
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from enum import Enum
from typing import Any
from uuid import UUID

from pydantic import TypeAdapter, ValidationError

from chassis.errors import InvalidQuery
from chassis.store.port import Kind, Scalar

_PLAIN = (str, int, float, bool, UUID, date, Enum)
_LARGEST = 2**63  # no engine compares larger integers


@dataclass(frozen=True, slots=True)
class Field:
    """A field with a scalar value."""

    name: str
    kind: Kind
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


def fields_of(kind: type) -> dict[str, Field]:
    """Return the fields of a state or row class that a search can use."""
    return {
        name: Field(name, comparison, TypeAdapter(annotation))
        for name, annotation in typing.get_type_hints(kind).items()
        if (comparison := _comparison(annotation)) is not None
    }


def _comparison(annotation: Any) -> Kind | None:
    if typing.get_origin(annotation) in (typing.Union, types.UnionType):
        inner = [a for a in typing.get_args(annotation) if a is not types.NoneType]
        return _comparison(inner[0]) if len(inner) == 1 else None
    if not isinstance(annotation, type):
        return None
    if issubclass(annotation, Decimal):
        return Kind.DECIMAL
    if issubclass(annotation, datetime):
        return Kind.INSTANT
    return Kind.PLAIN if issubclass(annotation, _PLAIN) else None


def _is_text(value: str) -> bool:
    """Return whether `value` can be encoded: JSON can escape lone surrogates."""
    try:
        value.encode()
    except UnicodeEncodeError:
        return False
    return True
