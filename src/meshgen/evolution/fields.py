"""Compatibility of fields with stored values."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from meshgen.evolution.version import Version
from meshgen.spec.analysis.kinds import bare, can_be_empty, can_be_left_out
from meshgen.spec.diagnostics import Finding, Position
from meshgen.spec.model import Field
from meshgen.spec.types import (
    EnumType,
    ListType,
    MapType,
    ObjectType,
    OptionalType,
    Scalar,
    Type,
)

# JSON of the first is JSON of the second, too.
_WIDER = {("int", "float")} | {(kind, "string") for kind in ("uuid", "date", "datetime", "decimal")}
_LEAST = ("min", "min_length", "min_items")
_MOST = ("max", "max_length", "max_items")


@dataclass(frozen=True, slots=True, kw_only=True)
class Record:
    """A stored record.

    what: its description in messages, such as `the state of `Order``
    at: where it is declared now
    is_message: whether its fields are read with their limits, and a list has to be there
    keeps: whether values of a field that is gone stay where they are
    """

    what: str
    at: Position
    is_message: bool
    keeps: bool


def field_losses(
    record: Record,
    before: Mapping[str, Field],
    after: Mapping[str, Field],
    old: Version,
    new: Version,
) -> Iterator[Finding]:
    """The losses of stored records whose fields were `before` and are `after`, by their keys."""
    for key, field in after.items():
        if key not in before:
            yield from _added(record, field)
        else:
            yield from _changed(record, before[key], field, old, new)
    for key, field in before.items():
        if key not in after and not record.keeps:
            yield Finding(
                record.at,
                f"`{field.name}` was removed from {record.what}: its stored values are lost",
                "keep the field, possibly as an optional one",
            )


def _added(record: Record, field: Field) -> Iterator[Finding]:
    if not _may_be_missing(record, field):
        yield Finding(
            field.at,
            f"`{field.name}` is new in {record.what}: stored records have no value for it",
            f"make it optional, `{field.name}: {_optional(field.type)}`, or add a default",
        )


def _changed(
    record: Record, before: Field, after: Field, old: Version, new: Version
) -> Iterator[Finding]:
    if isinstance(before.type, OptionalType) and not isinstance(after.type, OptionalType):
        yield Finding(
            after.at,
            f"`{after.name}` of {record.what} is no longer optional: stored records may lack it",
            f"let it be `{_optional(after.type)}`",
        )
    elif _may_be_missing(record, before) and not _may_be_missing(record, after):
        yield Finding(
            after.at,
            f"`{after.name}` of {record.what} no longer has a default: stored records may lack it",
            "keep the default",
        )
    if not _is_read(bare(before.type), bare(after.type), old, new):
        yield Finding(
            after.at,
            f"`{after.name}` of {record.what} was `{before.type}` and is `{after.type}`: "
            "stored values cannot be read",
            "add a new field with the new type instead",
        )
    elif record.is_message and (limits := tuple(_narrower(before, after))):
        yield Finding(
            after.at,
            f"`{limits[0]}` of `{after.name}` in {record.what} is narrower: "
            "stored values may not fit",
            "add the limit to the command's input: it then applies to new data only",
        )


def _may_be_missing(record: Record, field: Field) -> bool:
    return can_be_left_out(field) if record.is_message else can_be_empty(field)


def _optional(type_: Type) -> str:
    return f'"{type_}?"' if isinstance(type_, ListType | MapType) else f"{type_}?"


def _is_read(before: Type, after: Type, old: Version, new: Version) -> bool:
    """Tell whether every stored value of type `before` is valid as `after`."""
    match before, after:
        case OptionalType(inner), _:
            optional = isinstance(after, OptionalType)
            return optional and _is_read(inner, bare(after), old, new)
        case _, OptionalType(inner):
            return _is_read(before, inner, old, new)
        case Scalar(one), Scalar(other):
            return one == other or (one, other) in _WIDER
        case EnumType(), Scalar("string"):
            return True
        case (EnumType(one), EnumType(other)) | (ObjectType(one), ObjectType(other)):
            return old.identities.id("types", one) == new.identities.id("types", other)
        case ListType(one), ListType(other):
            return _is_read(one, other, old, new)
        case MapType(key, one), MapType(other_key, other):
            return _is_read(key, other_key, old, new) and _is_read(one, other, old, new)
    return False


def _narrower(before: Field, after: Field) -> Iterator[str]:
    """Return the constraints that a stored value may violate."""
    for limits, sign in ((_LEAST, 1), (_MOST, -1)):
        for limit in limits:
            was, is_ = getattr(before, limit), getattr(after, limit)
            if is_ is not None and (was is None or (is_ - was) * sign > 0):
                yield limit
    if after.pattern is not None and after.pattern != before.pattern:
        yield "pattern"
