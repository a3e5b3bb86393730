"""Routes of a service that are written by hand, beside those of the spec.

They are FastAPI routers, which a service names as `routers`. Their requests need a token:

    router = APIRouter()

    @router.post("/orders/{order_id}/give-back", dependencies=[requires("officer")])
    async def give_back(order_id: UUID, caller: Caller, aggregates: Aggregates) -> Order:
        await aggregates.handle(CancelOrder(order_id=order_id), caller=caller)
        return await aggregates.get(Order, order_id, caller=caller)

Those that a service names as `public` need none, such as the notifications of another system, which
are signed. The spec says under `routes` which of their paths the gateway lets through.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Annotated, Any, TypeAlias, TypeVar
from uuid import UUID, uuid4, uuid5

from fastapi import Depends, Request
from starlette.types import ASGIApp

from chassis.caller import Caller as _Caller
from chassis.http.access import require_role
from chassis.http.bearer import bearer
from chassis.http.problem import not_found
from chassis.messages import Command
from chassis.results import Outcome
from chassis.runtime import ServiceRuntime

__all__ = ["Aggregates", "Caller", "Middleware", "requires"]

S = TypeVar("S")

Middleware: TypeAlias = Callable[[ASGIApp], ASGIApp]
"""Wraps the application of a unit, and is wrapped in the chassis's own.

It sees the requests that were admitted, but for health checks, and the responses to them. A problem
passes it as an exception, and becomes a response outside of it.
"""
Caller = Annotated[_Caller, Depends(bearer)]


class _Aggregates:
    """The aggregates of the service. Whatever goes wrong becomes the response, as elsewhere."""

    def __init__(self, runtime: ServiceRuntime) -> None:
        self._runtime = runtime

    async def handle(
        self, command: Command, *, caller: _Caller | None, key: UUID | None = None
    ) -> Outcome:
        """Handle a command in one atomic write.

        Args:
            command: The command.
            caller: The caller, who must be the owner; None if that does not matter.
            key: The command is handled once for each key of a caller; None for always.
        """
        id = uuid4() if key is None else uuid5(key, str(caller.id) if caller else "")
        return await self._runtime.handle(command, caller=caller, message_id=id)

    async def get(self, kind: type[S], id: UUID, *, caller: _Caller | None) -> S:
        """Return the state of an aggregate.

        Args:
            kind: The class of the state.
            id: The id of the aggregate.
            caller: The caller, who must be the owner; None if that does not matter.

        Raises:
            Problem: 404, it does not exist or belongs to another user.
        """
        found = await self._runtime.read(kind, id, caller)
        if found is None:
            raise not_found()
        return found.state


def _aggregates(request: Request) -> _Aggregates:
    return _Aggregates(request.app.state.runtime)


Aggregates = Annotated[_Aggregates, Depends(_aggregates)]


def requires(*roles: str) -> Any:
    """Return the dependency of a route that is only for callers with one of `roles`."""

    async def check(caller: Caller) -> None:
        require_role(caller, roles)

    return Depends(check)
