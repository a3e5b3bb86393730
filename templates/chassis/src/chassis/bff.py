"""Backends-for-frontends: one response made of the responses of several services.

The parts are fetched concurrently:

    async with together() as parts:
        products = parts.create_task(
            backends.get(Page[CatalogRow], "catalog", "/browse", listed=True)
        )
        cart = parts.create_task(optional(backends.get(Cart, "cart", f"/carts/{caller.id}")))
    return Home(products=products.result(), cart=cart.result())
"""

from __future__ import annotations

from asyncio import TaskGroup
from collections.abc import AsyncIterator, Awaitable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Annotated, Any, TypeVar

import structlog
from fastapi import APIRouter, Depends
from fastapi.routing import APIRoute

from chassis.answers import Answer, Page
from chassis.backends import BackendFailed, backends_of
from chassis.backends import Backends as _Backends
from chassis.caller import Caller as _Caller
from chassis.http.bearer import bearer
from chassis.http.problem import Problem

__all__ = ["Answer", "Backends", "Bff", "Caller", "Page", "Router", "optional", "together"]

T = TypeVar("T")
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
    """

    name: str
    calls: tuple[str, ...]
    routers: tuple[APIRouter, ...]
    public: tuple[APIRouter, ...] = ()


class Router(APIRouter):
    """The endpoints of a backend-for-frontend."""

    def __init__(self) -> None:
        super().__init__(route_class=_Route)


class _Route(APIRoute):
    """Answers with the names of fields. Their aliases are the keys of messages."""

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **{**options, "response_model_by_alias": False})


@asynccontextmanager
async def together() -> AsyncIterator[TaskGroup]:
    """Await all tasks of the block concurrently. The first failure cancels the others.

    Raises:
        Exception: That of the task which failed first.
    """
    try:
        async with TaskGroup() as parts:
            yield parts
    except ExceptionGroup as failures:
        raise failures.exceptions[0] from None


async def optional(part: Awaitable[T]) -> T | None:
    """Return the part, or None if it does not exist or its backend fails or times out."""
    try:
        return await part
    except BackendFailed as failure:
        _log.warning("optional part left out", backend=failure.backend, reason=failure.reason)
        return None
    except Problem as problem:
        if problem.status == 404:
            return None
        raise
