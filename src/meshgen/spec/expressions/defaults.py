"""Default values of fields."""

from __future__ import annotations

from typing import Any

from meshgen.spec.declarations import MISSING, Field
from meshgen.spec.expressions.values import EnumValue, Value
from meshgen.spec.types import EnumType, ListType, MapType, OptionalType


def initial(field: Field) -> Value:
    """Return the default of a field or of its type; raise KeyError if there is none."""
    kind = field.type
    default: Any = field.default  # checked against the field's type
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
    """Tell whether a field or its type has a default."""
    try:
        initial(field)
    except KeyError:
        return False
    return True
