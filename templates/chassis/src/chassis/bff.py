"""Backends-for-frontends: one response made of the responses of several services.

The parts are fetched concurrently:

    async with together() as parts:
        products = parts.create_task(
            backends.get(Page[CatalogRow], "catalog", "/browse", listed=True)
        )
        cart = parts.create_task(optional(backends.get(Cart, "cart", f"/carts/{caller.id}")))
    return Home(products=products.result(), cart=cart.result())

A command is sent to its service, and the response is that of the service:

    return await commands.send(PutItemOutcome, "cart", f"/carts/{caller.id}/put-item", body)
"""

from __future__ import annotations

from asyncio import TaskGroup
from collections.abc import AsyncIterator, Awaitable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Annotated, TypeVar

import structlog
from fastapi import APIRouter, Depends

from chassis.backends import Backends as _Backends
from chassis.backends import Commands as _Commands
from chassis.backends import backends_of, commands_of, cursor_of
from chassis.caller import Caller as _Caller
from chassis.connections import BackendFailed
from chassis.http.bearer import bearer
from chassis.http.bff_router import Router
from chassis.http.problem import Problem
from chassis.models import Answer, Body, Page

if TYPE_CHECKING:
    from chassis.api import Middleware

__all__ = [
    "Answer",
    "Backends",
    "Bff",
    "Body",
    "Caller",
    "Commands",
    "Cursor",
    "Page",
    "Router",
    "optional",
    "together",
]

T = TypeVar("T")
Caller = Annotated[_Caller, Depends(bearer)]
Backends = Annotated[_Backends, Depends(backends_of)]
Commands = Annotated[_Commands, Depends(commands_of)]
Cursor = Annotated[str | None, Depends(cursor_of)]

_log: structlog.typing.FilteringBoundLogger = structlog.get_logger("chassis.bff")


@dataclass(frozen=True, slots=True, kw_only=True)
class Bff:
    """A backend-for-frontend. It stores no data.

    Attributes:
        name: The name of the unit.
        summary: What it is for.
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
    summary: str = ""


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
