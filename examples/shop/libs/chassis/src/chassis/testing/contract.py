"""Whether a unit serves what its contract, an OpenAPI document, promises."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping

_MAY_GROW = ("/paths", "/components")
_LEVELS = 2  # paths and their methods; kinds of components and their names


def differences(promised: object, served: object) -> list[str]:
    """Return where the OpenAPI document `served` is not as `promised`, as JSON pointers.

    Routes that are written by hand may add paths, and the components that those need.
    """
    return list(_differences(promised, served, ""))


def _differences(promised: object, served: object, place: str) -> Iterator[str]:
    if not (isinstance(promised, Mapping) and isinstance(served, Mapping)):
        if promised != served:
            yield f"{place or '/'}: {json.dumps(served, default=str)}"
        return
    for name, value in promised.items():
        inside = f"{place}/{_escaped(name)}"
        if name in served:
            yield from _differences(value, served[name], inside)
        else:
            yield f"{inside}: is missing"
    if not _may_grow(place):
        yield from (f"{place}/{_escaped(n)}: is new" for n in served if n not in promised)


def _may_grow(place: str) -> bool:
    return place.startswith(_MAY_GROW) and place.count("/") <= _LEVELS


def _escaped(name: str) -> str:
    """Return a name as a part of a JSON pointer (RFC 6901, 3)."""
    return name.replace("~", "~0").replace("/", "~1")
