"""Backends-for-frontends: one response made of the responses of several services.

The parts are fetched concurrently:

    return await together(
        products=backends.get("catalog", "/browse", listed=True),
        cart=optional(backends.get("cart", f"/carts/{caller.id}")),
    )
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Annotated

import structlog
from fastapi import APIRouter, Depends
from pydantic import JsonValue

from chassis.backends import BackendFailed, backends_of
from chassis.backends import Backends as _Backends
from chassis.caller import Caller as _Caller
from chassis.http.bearer import bearer
from chassis.http.problem import Problem

if TYPE_CHECKING:
    from chassis.api import Middleware

__all__ = ["Backends", "Bff", "Caller", "Json", "only", "optional", "together"]

Json = JsonValue
Caller = Annotated[_Caller, Depends(bearer)]
Backends = Annotated[_Backends, Depends(backends_of)]

_log: structlog.typing.FilteringBoundLogger = structlog.get_logger("chassis.bff")


@dataclass(frozen=True, slots=True, kw_only=True)
class Bff:
    """A backend-for-frontend. It stores no data.

    Attributes:
        name: The name of the unit.
        calls: The units that it calls.
        routers: The endpoints.
        public: The endpoints for callers without a token.
        middlewares: ASGI middlewares, the outermost first; see `chassis.api.Middleware`.
    """

    name: str
    calls: tuple[str, ...]
    routers: tuple[APIRouter, ...]
    public: tuple[APIRouter, ...] = ()
    middlewares: tuple[Middleware, ...] = ()


async def together(**parts: Awaitable[Json]) -> dict[str, Json]:
    """Return all parts, awaited concurrently. The first failure cancels the others."""
    tasks = {name: asyncio.ensure_future(part) for name, part in parts.items()}
    try:
        values = await asyncio.gather(*tasks.values())
    finally:
        for task in tasks.values():
            task.cancel()
    return dict(zip(tasks, values, strict=True))


async def optional(part: Awaitable[Json]) -> Json:
    """Return the part, or null if it does not exist or its backend fails or times out."""
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
    """Return the part reduced to `fields`: an object, or every item of a list or page."""
    value = await part
    if (
        isinstance(value, dict)
        and isinstance(items := value.get("items"), list)
        and "next" in value
    ):
        return {**value, "items": [_reduced(item, fields) for item in items]}
    if isinstance(value, list):
        return [_reduced(item, fields) for item in value]
    return _reduced(value, fields)


def _reduced(value: Json, fields: tuple[str, ...]) -> Json:
    if not isinstance(value, dict):
        return value
    return {name: value[name] for name in fields if name in value}
