"""The value that a field has when nobody gives it one."""

from __future__ import annotations

from typing import Any

from meshgen.spec.declarations import MISSING, Field
from meshgen.spec.expressions.values import EnumValue, Value
from meshgen.spec.types import EnumType, ListType, MapType, OptionalType


def initial(field: Field) -> Value:
    """Return the default of a `Field`, or what its type implies. Raises KeyError without one."""
    kind = field.type
    default: Any = field.default  # its type was checked against the field's
    if default is not MISSING and default is not None:
        bare = kind.item if isinstance(kind, OptionalType) else kind
        if isinstance(bare, EnumType):
            return EnumValue(bare.name, str(default))
        return list(default) if isinstance(bare, ListType) else default
    if isinstance(kind, OptionalType):
        return None
    if isinstance(kind, ListType):
        return []
    if isinstance(kind, MapType):
        return {}
    raise KeyError(field.name)


def has_initial(field: Field) -> bool:
    """Return whether a `Field` has a value when nobody gives it one."""
    try:
        initial(field)
    except KeyError:
        return False
    return True
