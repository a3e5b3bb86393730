"""The endpoints of backends-for-frontends, as FastAPI routes."""

from __future__ import annotations

import inspect
from collections.abc import Awaitable, Callable, Coroutine
from typing import Any, TypeVar

from fastapi import APIRouter
from fastapi.routing import APIRoute
from starlette.requests import Request
from starlette.responses import Response

from chassis.http.bearer import bearer
from chassis.http.body import read_object
from chassis.http.fragments import ETAG, LOCATION, refusals
from chassis.http.openapi import COMMAND_PROBLEMS, Responses, problems

E = TypeVar("E", bound=Callable[..., Awaitable[object]])


class Router(APIRouter):
    """The endpoints of a backend-for-frontend."""

    def __init__(self) -> None:
        super().__init__(route_class=_Route)

    def command(
        self,
        method: str,
        path: str,
        *,
        rules: tuple[str, ...] = (),
        creates: bool = False,
        upserts: bool = False,
    ) -> Callable[[E], E]:
        """Declare an endpoint that sends a command, and responds with its outcome.

        Args:
            method: `POST`, `PUT` or `DELETE`.
            path: The path.
            rules: The rules of the domain for which the command may be refused.
            creates: Whether it creates an aggregate.
            upserts: Whether it changes or creates one.
        """

        def declare(endpoint: E) -> E:
            outcome = inspect.signature(endpoint, eval_str=True).return_annotation
            self.add_api_route(
                path,
                endpoint,
                methods=[method],
                status_code=201 if creates else 200,
                responses={
                    **_outcomes(outcome, changes=not creates, creates=creates or upserts),
                    **problems(*COMMAND_PROBLEMS, 502),
                    409: refusals(rules),
                },
            )
            return endpoint

        return declare


def _outcomes(model: type, *, changes: bool, creates: bool) -> Responses:
    found: Responses = {}
    if changes:
        found[200] = {"model": model, "description": "It was changed.", "headers": ETAG}
    if creates:
        headers = ETAG | LOCATION
        found[201] = {"model": model, "description": "It was created.", "headers": headers}
    return found


class _Route(APIRoute):
    """Reads bodies strictly, and answers with the names of fields.

    The aliases of fields are their keys in messages.
    """

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **{**options, "response_model_by_alias": False})

    def get_route_handler(self) -> Callable[[Request], Coroutine[Any, Any, Response]]:
        respond = super().get_route_handler()
        if self.body_field is None:
            return respond

        async def read_and_respond(request: Request) -> Response:
            await bearer(request)  # before its body is read
            return await respond(_Read(request, await read_object(request)))

        return read_and_respond


class _Read(Request):
    """A request whose body was read."""

    def __init__(self, request: Request, content: dict[str, Any]) -> None:
        super().__init__(request.scope)
        self._request = request
        self._content = content

    async def body(self) -> bytes:
        return await self._request.body()  # it keeps what it has read

    async def json(self) -> dict[str, Any]:
        return self._content
