"""Paths of requests as Python source."""

from __future__ import annotations

import re
from collections.abc import Mapping

_PARAMETER = re.compile(r"{(\w+)}")


def filled_path(path: str, values: Mapping[str, str]) -> str:
    """`/carts/{customer_id}` -> `f"/carts/{caller.id}"`; `values` are the source by parameter."""
    filled = _PARAMETER.sub(lambda found: f"{{{values[found[1]]}}}", path)
    return f'f"{filled}"' if "{" in path else f'"{path}"'


def outside_path(path: str, values: Mapping[str, str]) -> dict[str, str]:
    """Return those of `values` that are no parameter of `path`."""
    return {name: value for name, value in values.items() if f"{{{name}}}" not in path}
