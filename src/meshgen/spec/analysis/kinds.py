"""Questions about types and fields."""

from __future__ import annotations

from collections.abc import Iterator

from meshgen.spec.model import MISSING, Field
from meshgen.spec.types import ListType, MapType, OptionalType, Type


def parts(type_: Type) -> Iterator[Type]:
    """A type and all it is made of."""
    yield type_
    if isinstance(type_, ListType | OptionalType):
        yield from parts(type_.item)
    elif isinstance(type_, MapType):
        yield from parts(type_.value)


def bare(type_: Type) -> Type:
    """A type without its `?`."""
    return type_.item if isinstance(type_, OptionalType) else type_


def fits(source: Type, target: Type) -> bool:
    """Whether a value of `source` may stand where `target` is expected, as it is."""
    return source == target or (isinstance(target, OptionalType) and source == target.item)


def can_be_empty(field: Field) -> bool:
    """Whether a field of a state or a row has a value to start with, though nobody gives it one."""
    return can_be_left_out(field) or isinstance(field.type, ListType | MapType)


def can_be_left_out(field: Field) -> bool:
    """Whether a message is complete without the field: an empty list has to be said."""
    return field.default is not MISSING or isinstance(field.type, OptionalType)
