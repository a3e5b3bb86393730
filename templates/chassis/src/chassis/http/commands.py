"""`POST` routes: a request becomes a command, and its outcome becomes the response."""

from __future__ import annotations

import posixpath
from dataclasses import dataclass
from functools import cached_property
from typing import Annotated, Any
from uuid import UUID, uuid4, uuid5

from fastapi import Depends, Header, Request
from pydantic import ValidationError
from starlette.responses import JSONResponse, Response

from chassis.caller import Caller
from chassis.http import etag
from chassis.http.bearer import bearer, require_role
from chassis.http.body import read_object
from chassis.http.errors import invalid_command
from chassis.http.parameters import Endpoint, path_types, with_signature
from chassis.http.problem import FieldError, invalid
from chassis.http.routes import Post, parameters
from chassis.http.values import unsupported_values
from chassis.results import Outcome
from chassis.runtime import ServiceRuntime

IdempotencyKey = Annotated[
    str | None,
    Header(
        min_length=1,
        max_length=255,
        description="Requests with the same key are carried out once.",
    ),
]
IfMatch = Annotated[str | None, Header(description="The expected version, as an entity tag.")]


@dataclass(frozen=True)
class CommandRoute:
    """A `post` route and the aggregate of its command.

    Attributes:
        route: The route.
        id: The field with the id of the aggregate.
        location: The path of the aggregate's `get` route, if there is one.
    """

    route: Post
    id: str
    location: str | None

    @cached_property
    def generated_id(self) -> str | None:
        """The id field if the service generates the id, because it is not in the path."""
        return None if self.id in parameters(self.route.path) else self.id

    def endpoint(self, runtime: ServiceRuntime) -> Endpoint:
        """Return the function that FastAPI calls."""
        route = self.route

        async def endpoint(
            request: Request,
            caller: Annotated[Caller, Depends(bearer)],
            idempotency_key: IdempotencyKey = None,
            if_match: IfMatch = None,
            **path: Any,
        ) -> Response:
            require_role(caller, route.roles)
            command = self._command(path, await read_object(request))
            outcome = await runtime.handle(
                command,
                caller=caller,
                message_id=message_id(caller, idempotency_key, request.url.path),
                expected_version=etag.expected_version(if_match),
            )
            return self._response(outcome, request.url.path)

        return with_signature(endpoint, **path_types(route.path, route.command))

    def _command(self, path: dict[str, Any], body: dict[str, Any]) -> Any:
        """Return the command of path and body, with a new id if neither of them has one."""
        if twice := sorted(path.keys() & body.keys()):
            raise invalid([FieldError(name, "Is given in the path") for name in twice])
        made = {self.generated_id: uuid4()} if self.generated_id is not None else {}
        try:
            command = self.route.command.model_validate(made | body | path)
        except ValidationError as error:
            raise invalid_command(error) from error
        if errors := list(unsupported_values(command)):
            raise invalid(errors)
        return command

    def _response(self, outcome: Outcome, path: str) -> Response:
        headers = {"ETag": etag.of(outcome.version)}
        if outcome.created and self.location is not None:
            target = self.location.replace(f"{{{self.id}}}", str(outcome.id))
            headers["Location"] = _relative(target, path)
        body = {
            self.id: str(outcome.id),
            "version": outcome.version,
            "events": list(outcome.events),
        }
        return JSONResponse(body, 201 if outcome.created else 200, headers)


def message_id(caller: Caller, idempotency_key: str | None, path: str) -> UUID:
    """Return the id of a command: one for each idempotency key of a caller on a path."""
    if idempotency_key is None:
        return uuid4()
    return uuid5(uuid5(caller.id, path), idempotency_key)


def _relative(target: str, path: str) -> str:
    """Return `target` relative to `path` (RFC 9110, 10.2.2): a gateway adds a prefix to both."""
    folder, name = posixpath.split(target)
    return posixpath.normpath(
        posixpath.join(posixpath.relpath(folder, posixpath.dirname(path)), name)
    )
