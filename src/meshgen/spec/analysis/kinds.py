"""Predicates of types and fields."""

from __future__ import annotations

from collections.abc import Iterator

from meshgen.spec.model import MISSING, Field
from meshgen.spec.types import ListType, MapType, OptionalType, Type


def parts(type_: Type) -> Iterator[Type]:
    """Yield a type and its parts."""
    yield type_
    if isinstance(type_, ListType | OptionalType):
        yield from parts(type_.item)
    elif isinstance(type_, MapType):
        yield from parts(type_.value)


def bare(type_: Type) -> Type:
    """Return a type without its `?`."""
    return type_.item if isinstance(type_, OptionalType) else type_


def fits(source: Type, target: Type) -> bool:
    """Tell whether values of `source` are valid as `target` without conversion."""
    return source == target or (isinstance(target, OptionalType) and source == target.item)


def can_be_empty(field: Field) -> bool:
    """Tell whether a field of a state or a row has an initial value."""
    return can_be_left_out(field) or isinstance(field.type, ListType | MapType)


def can_be_left_out(field: Field) -> bool:
    """Tell whether a message is complete without the field; lists are required."""
    return field.default is not MISSING or isinstance(field.type, OptionalType)
