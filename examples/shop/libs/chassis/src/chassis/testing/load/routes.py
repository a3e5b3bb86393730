"""The routes of requests, under which they are counted."""

from __future__ import annotations

import re

_UUID = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")
_COMMAND_OF_AGGREGATE = 4  # segments: unit, collection, id, command


def route(method: str, path: str) -> str:
    """Return the path with `{id}` for ids.

    `/cart/carts/6e2b.../check-out` -> `/cart/carts/{id}/check-out`
    """
    parts = ["{id}" if _UUID.fullmatch(part) else part for part in path.strip("/").split("/")]
    if method == "POST" and len(parts) == _COMMAND_OF_AGGREGATE:
        parts[2] = "{id}"
    return "/" + "/".join(parts)
