"""What a function's annotations say, so that no declaration has to repeat it."""

from __future__ import annotations

import types
import typing
from collections.abc import Callable
from typing import Any


def parameter_types(function: Callable[..., object], position: int) -> tuple[type[Any], ...]:
    """Return the classes that the annotation of the parameter at `position` allows, None aside."""
    hints = typing.get_type_hints(function)
    annotation = [hint for name, hint in hints.items() if name != "return"][position]
    if typing.get_origin(annotation) in (typing.Union, types.UnionType):
        return tuple(t for t in typing.get_args(annotation) if t is not types.NoneType)
    return (annotation,)
