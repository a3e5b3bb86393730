"""Routes of commands: a request becomes a command, and its outcome becomes the response."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any, Protocol
from uuid import UUID, uuid4, uuid5

from pydantic import ValidationError
from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from chassis.caller import Caller
from chassis.http import etag
from chassis.http.access import owner_for
from chassis.http.body import read_object
from chassis.http.errors import invalid_fields
from chassis.http.parameters import PathParameters
from chassis.http.problem import FieldError, invalid
from chassis.http.resources import CallerEndpoint
from chassis.http.routes import Post, parameters
from chassis.http.values import unsupported_values
from chassis.messages import Command, Event, MessageType
from chassis.results import Outcome

LONGEST_KEY = 255


class Handle(Protocol):
    """The command handling of a runtime."""

    async def __call__(
        self,
        command: Command,
        *,
        caller: Caller | None,
        message_id: UUID,
        expected_version: int | None = None,
        fingerprint: str | None = None,
    ) -> Outcome: ...


@dataclass(frozen=True)
class CommandRoute:
    """A `post` route and the aggregate of its command.

    Attributes:
        route: The route.
        kind: The message type of the command.
        id: The field with the id of the aggregate.
        location: The path of the aggregate's `get` route, if there is one.
        aggregate: The class of its state.
        events: The events of the aggregate.
    """

    route: Post
    kind: MessageType
    id: str
    location: str | None
    aggregate: type
    events: tuple[type[Event], ...]

    @cached_property
    def generated_id(self) -> str | None:
        """The id field if the service generates the id, because it is not given otherwise."""
        given = (*parameters(self.route.path), *self.route.caller)
        return None if self.id in given else self.id

    def endpoint(self, handle: Handle) -> CallerEndpoint:
        """Return the endpoint, which passes the command to `handle`."""
        in_path = PathParameters(self.route.path, self.route.command)

        async def endpoint(request: Request, caller: Caller) -> Response:
            path = in_path.of(request)
            key = idempotency_key(request)
            versions = etag.expected_versions(_if_match(request))
            body = await read_object(request)
            command = self._command(path, body, caller)
            message_id, fingerprint = uuid4(), None
            if key is not None:
                message_id = id_of_key(caller, key, self._target(path))
                fingerprint = fingerprint_of(body)

            async def attempt(version: int | None) -> Outcome:
                return await handle(
                    command,
                    caller=owner_for(caller, self.route.roles),
                    message_id=message_id,
                    expected_version=version,
                    fingerprint=fingerprint,
                )

            outcome = await etag.if_matching(versions, attempt)
            return self._response(outcome)

        return endpoint

    def _target(self, path: Mapping[str, Any]) -> str:
        """Return what the command is and for which aggregate; renames do not change it."""
        return f"{self.kind.name}:{path.get(self.id, '')}"

    def _command(self, path: dict[str, Any], body: dict[str, Any], caller: Caller) -> Command:
        """Return the command of path, body and caller, with a new id if none of them is it."""
        if sent := sorted(body.keys() & set(self.route.caller)):
            raise invalid([FieldError(name, "Is the caller") for name in sent])
        if twice := sorted(path.keys() & body.keys()):
            raise invalid([FieldError(name, "Is given in the path") for name in twice])
        made = {self.generated_id: uuid4()} if self.generated_id is not None else {}
        filled = dict.fromkeys(self.route.caller, caller.id)
        try:
            command = self.route.command.model_validate(made | body | path | filled)
        except ValidationError as error:
            raise invalid_fields(error) from error
        if errors := list(unsupported_values(command, body)):
            raise invalid(errors)
        return command

    def _response(self, outcome: Outcome) -> Response:
        headers = {"ETag": etag.of(outcome.version)}
        if outcome.created and self.location is not None:
            headers["Location"] = self.location.replace(f"{{{self.id}}}", str(outcome.id))
        body = {
            self.id: str(outcome.id),
            "version": outcome.version,
            "events": list(outcome.events),
        }
        return JSONResponse(body, 201 if outcome.created else 200, headers)


def idempotency_key(request: Request) -> str | None:
    """Return the `Idempotency-Key` of `request`, if it has one.

    Raises:
        Problem: 422, the key is empty or too long.
    """
    key = request.headers.get("idempotency-key")
    if key is not None and not 1 <= len(key) <= LONGEST_KEY:
        raise invalid([FieldError("idempotency-key", f"Should have 1 to {LONGEST_KEY} characters")])
    return key


def id_of_key(caller: Caller, key: str, target: str) -> UUID:
    """Return the id of a command: one for each idempotency key of a caller for a target."""
    return uuid5(uuid5(caller.id, target), key)


def fingerprint_of(body: Mapping[str, Any]) -> str:
    """Return a digest of what a body means: the order of its fields and its layout do not count.

    A key is for one request: with another body it is a mistake of the caller.
    """
    canonical = json.dumps(body, sort_keys=True, separators=(",", ":"), default=str)
    return hashlib.sha256(canonical.encode()).hexdigest()


def _if_match(request: Request) -> str | None:
    """Return the value of `If-Match`; several of these headers are one list (RFC 9110, 5.3)."""
    tags = request.headers.getlist("if-match")
    return ", ".join(tags) if tags else None
