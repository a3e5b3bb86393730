"""Paths of requests as Python source."""

from __future__ import annotations

from collections.abc import Mapping


def filled_path(path: str, values: Mapping[str, str]) -> str:
    """`/carts/{customer_id}` -> `f"/carts/{caller.id}"`; `values` are the source by parameter."""
    filled = path
    for name, value in values.items():
        filled = filled.replace(f"{{{name}}}", f"{{{value}}}")
    return f'f"{filled}"' if "{" in filled else f'"{filled}"'


def outside_path(path: str, values: Mapping[str, str]) -> dict[str, str]:
    """Return those of `values` that are no parameter of `path`."""
    return {name: value for name, value in values.items() if f"{{{name}}}" not in path}
