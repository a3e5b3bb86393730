"""Backends-for-frontends: one answer made of several services' answers, fetched in parallel.

An endpoint reads like what it answers:

    return await together(
        products=backends.get("catalog", "/browse", listed=True),
        cart=optional(backends.get("cart", f"/carts/{caller.id}")),
    )
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable
from dataclasses import dataclass
from typing import Annotated

import structlog
from fastapi import APIRouter, Depends
from pydantic import JsonValue

from chassis.backends import BackendFailed, backends_of
from chassis.backends import Backends as _Backends
from chassis.caller import Caller as _Caller
from chassis.http.bearer import bearer
from chassis.http.problem import Problem

__all__ = ["Backends", "Bff", "Caller", "Json", "only", "optional", "together"]

Json = JsonValue
Caller = Annotated[_Caller, Depends(bearer)]
Backends = Annotated[_Backends, Depends(backends_of)]

_log: structlog.typing.FilteringBoundLogger = structlog.get_logger("chassis.bff")


@dataclass(frozen=True, slots=True, kw_only=True)
class Bff:
    """A backend-for-frontend: the units it calls and the routers that answer. It keeps no data."""

    name: str
    calls: tuple[str, ...]
    routers: tuple[APIRouter, ...]


async def together(**parts: Awaitable[Json]) -> dict[str, Json]:
    """Await all parts at once. The first that fails ends the others and is raised."""
    tasks = {name: asyncio.ensure_future(part) for name, part in parts.items()}
    try:
        values = await asyncio.gather(*tasks.values())
    finally:
        for task in tasks.values():
            task.cancel()
    return dict(zip(tasks, values, strict=True))


async def optional(part: Awaitable[Json]) -> Json:
    """The part, or null if it does not exist or its backend fails or is slow."""
    try:
        return await part
    except BackendFailed as failure:
        _log.warning("optional part left out", backend=failure.backend, reason=failure.reason)
        return None
    except Problem as problem:
        if problem.status == 404:
            return None
        raise


async def only(part: Awaitable[Json], *fields: str) -> Json:
    """The part with no other fields than these, on an object or on every item of a page."""
    value = await part
    if (
        isinstance(value, dict)
        and isinstance(items := value.get("items"), list)
        and "next" in value
    ):
        return {**value, "items": [_picked(item, fields) for item in items]}
    if isinstance(value, list):
        return [_picked(item, fields) for item in value]
    return _picked(value, fields)


def _picked(value: Json, fields: tuple[str, ...]) -> Json:
    if not isinstance(value, dict):
        return value
    return {name: value[name] for name in fields if name in value}
