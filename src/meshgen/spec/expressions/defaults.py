"""The value that a field has when nobody gives it one."""

from __future__ import annotations

from typing import Any

from meshgen.spec.expressions.values import EnumValue, Value
from meshgen.spec.types import EnumType, ListType, MapType, OptionalType


def initial(field: Any) -> Value:
    """Return the default of a `Field`, or what its type implies. Raises KeyError without one."""
    from meshgen.spec.model import MISSING  # model.py imports this package

    kind = field.type
    if field.default is not MISSING and field.default is not None:
        bare = kind.item if isinstance(kind, OptionalType) else kind
        if isinstance(bare, EnumType):
            return EnumValue(bare.name, str(field.default))
        return list(field.default) if isinstance(bare, ListType) else field.default
    if isinstance(kind, OptionalType):
        return None
    if isinstance(kind, ListType):
        return []
    if isinstance(kind, MapType):
        return {}
    raise KeyError(field.name)


def has_initial(field: Any) -> bool:
    """Return whether a `Field` has a value when nobody gives it one."""
    try:
        initial(field)
    except KeyError:
        return False
    return True
