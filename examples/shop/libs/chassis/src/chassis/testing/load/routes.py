"""The routes of requests, under which they are counted."""

from __future__ import annotations

import re

_UUID = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")


def route(path: str) -> str:
    """Return the path with `{id}` for ids.

    `/carts/6e2b.../check-out` -> `/carts/{id}/check-out`
    """
    return "/".join("{id}" if _UUID.fullmatch(part) else part for part in path.split("/"))
