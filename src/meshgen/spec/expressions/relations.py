"""Relations between types: compatibility and common types."""

from __future__ import annotations

from meshgen.spec.expressions.model import NOTHING, Nothing, Typed, View
from meshgen.spec.types import (
    DATE,
    DATETIME,
    DECIMAL,
    FLOAT,
    INT,
    STRING,
    ListType,
    MapType,
    OptionalType,
    Type,
)

NUMBERS = (INT, FLOAT, DECIMAL)
ORDERED = (*NUMBERS, STRING, DATE, DATETIME)


def described(kind: Typed) -> str:
    """Return `kind` with its article, for messages: "a string", "an int", "an OrderStatus"."""
    if isinstance(kind, View):
        return f"a sequence of {kind.item}"
    if isinstance(kind, Nothing):
        return "nothing"
    if isinstance(kind, OptionalType):
        return f"{described(kind.item)} that may be missing"
    text = str(kind)
    return f"{'an' if text[0] in 'aeioAEIO' else 'a'} {text}"


def optional(kind: Type) -> OptionalType:
    """Return `kind?`, or `kind` itself when it is optional."""
    return kind if isinstance(kind, OptionalType) else OptionalType(kind)


def bare(kind: Typed | None) -> Typed | None:
    """Return `kind` without its `?`."""
    return kind.item if isinstance(kind, OptionalType) else kind


def widens(actual: Typed, expected: Typed) -> bool:
    """Tell whether `actual` is converted to `expected` implicitly: only int is."""
    return actual == INT and expected in (DECIMAL, FLOAT)


def fits(actual: Typed, expected: Typed) -> bool:
    """Tell whether `actual` is compatible with `expected`."""
    if actual == expected or widens(actual, expected):
        return True
    if isinstance(expected, OptionalType):
        return actual == NOTHING or fits(actual, expected.item)
    return False


def join(one: Typed, other: Typed) -> Typed | None:
    """Return the common type of both, or None."""
    if fits(one, other):
        return other
    if fits(other, one):
        return one
    if isinstance(one, View) or isinstance(other, View):
        return None
    if isinstance(one, Nothing):
        return None if isinstance(other, Nothing) else optional(other)
    if isinstance(other, Nothing):
        return optional(one)
    if isinstance(one, OptionalType) == isinstance(other, OptionalType):
        return None
    inner = join(bare(one) or one, bare(other) or other)
    return optional(inner) if isinstance(inner, Type) else None


def item_of(kind: Typed) -> Type | None:
    """Return the type of the items of `kind` (of a map: its keys), or None."""
    match kind:
        case ListType(item=item) | View(item=item):
            return item
        case MapType(key=key):
            return key
        case _:
            return None


def wish(want: Typed | None, common: Typed) -> Typed | None:
    """Return the more specific of the expected type and that of the neighbours."""
    vague = common in (INT, FLOAT) or isinstance(common, Nothing)
    return want if want is not None and (vague or bare(want) == DECIMAL) else common
