"""Types read from the annotations of a function."""

from __future__ import annotations

import inspect
import types
import typing
from collections.abc import Callable
from typing import Any


def parameter_types(function: Callable[..., object], position: int) -> tuple[type[Any], ...]:
    """Return the classes that the parameter at `position` accepts, without None.

    Raises:
        TypeError: The parameter has no annotation.
    """
    name = list(inspect.signature(function).parameters)[position]
    annotation = typing.get_type_hints(function).get(name)
    if annotation is None:
        raise TypeError(f"{function.__qualname__}: the parameter {name} needs an annotation")
    if typing.get_origin(annotation) in (typing.Union, types.UnionType):
        return tuple(t for t in typing.get_args(annotation) if t is not types.NoneType)
    return (annotation,)
