"""The parts of the OpenAPI document that are not in a signature: bodies and problems."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any
from uuid import UUID

from fastapi import FastAPI
from pydantic import BaseModel, create_model

from chassis.http import live
from chassis.http.problem import MEDIA_TYPE, ProblemBody
from chassis.messages import Command

_COMPONENTS = "#/components/schemas/"
Schema = dict[str, Any]
Responses = dict[int | str, dict[str, Any]]

_MEANINGS = {
    400: "The request is malformed, or its body is not JSON.",
    401: "The token is missing or not valid.",
    403: "The caller is not allowed to do this.",
    404: "It does not exist, or belongs to another user.",
    409: "A rule of the domain does not hold; `type` is the rule.",
    412: "`If-Match` is not the current version.",
    413: "The body is too large.",
    414: "The path and the query are too long.",
    415: "The body is not `application/json`.",
    422: "The request does not fit the schema.",
    429: "Too many requests; `Retry-After` says when to try again.",
    502: "A backend failed.",
    431: "The headers are too large.",
    503: "It is starting or overloaded; `Retry-After` says when to try again.",
    504: "It took too long.",
}
_ANYWHERE = (400, 414, 429, 431, 503, 504)
COMMAND_PROBLEMS = (401, 403, 404, 409, 412, 413, 415, 422, *_ANYWHERE)
READ_PROBLEMS = (401, 403, 404, 422, *_ANYWHERE)
SEARCH_PROBLEMS = (401, 403, 422, *_ANYWHERE)
BFF_PROBLEMS = (401, 403, 404, 422, 502, *_ANYWHERE)


def _header(description: str, type: str = "string") -> dict[str, Any]:
    return {"description": description, "schema": {"type": type}}


ETAG = {"ETag": _header("The version of the aggregate, as an entity tag.")}
LOCATION = {"Location": _header("Where the aggregate is.")}
EVENTS = {
    "content": {
        live.MEDIA_TYPE: {
            "schema": {
                "type": "string",
                "description": "The same JSON as the data of an event, again after every change.",
            }
        }
    }
}
_RETRY = {"Retry-After": _header("Seconds until a request may succeed.", "integer")}


class Components:
    """The schemas of an OpenAPI document that FastAPI does not find by itself."""

    def __init__(self, app: FastAPI) -> None:
        self._schemas: Schema = {}
        self._add(ProblemBody, "Problem")
        original = app.openapi

        def openapi() -> Schema:
            if app.openapi_schema is None:
                schemas = original().setdefault("components", {}).setdefault("schemas", {})
                schemas |= self._schemas
            return original()

        app.openapi = openapi  # type: ignore[method-assign]

    def request_body(
        self, command: type[Command], in_path: tuple[str, ...], generated_id: str | None
    ) -> Schema:
        """Return the `openapi_extra` of a command's route.

        Args:
            command: The command.
            in_path: The fields in the path, which are not in the body.
            generated_id: The id field if the service generates ids; clients may choose one.
        """
        schema = self._add(command, command.__name__)
        for name in in_path:
            schema.get("properties", {}).pop(name, None)
        optional = {*in_path, generated_id}
        required = [name for name in schema.pop("required", []) if name not in optional]
        if required:
            schema["required"] = required
        if not schema.get("properties"):
            del self._schemas[command.__name__]
            return {}
        content = {"application/json": {"schema": {"$ref": _COMPONENTS + command.__name__}}}
        return {"requestBody": {"content": content, "required": bool(required)}}

    def _add(self, model: type[BaseModel], name: str) -> Schema:
        schema = model.model_json_schema(ref_template=_COMPONENTS + "{model}-Input")
        for inner, definition in schema.pop("$defs", {}).items():
            self._schemas[f"{inner}-Input"] = definition
        self._schemas[name] = schema
        return schema


def reduced(of: type, types: Mapping[str, Any], fields: tuple[str, ...]) -> type:
    """Return the model of an aggregate of which only `fields` are shown; all if there are none."""
    if not fields:
        return of
    definitions: dict[str, Any] = {name: (types[name], ...) for name in fields}
    model: type[BaseModel] = create_model(of.__name__, **definitions)
    return model


def needed(statuses: Iterable[int], public: bool) -> tuple[int, ...]:
    """Return the statuses that a route may answer; one that is public needs no token."""
    return tuple(status for status in statuses if not (public and status in (401, 403)))


def problems(*statuses: int) -> Responses:
    """Return the documented problems of a route."""
    return {status: _problem(status) for status in statuses}


def _problem(status: int) -> dict[str, Any]:
    content = {MEDIA_TYPE: {"schema": {"$ref": _COMPONENTS + "Problem"}}}
    headers = {"headers": _RETRY} if status in (429, 503) else {}
    return {"description": _MEANINGS[status], "content": content, **headers}


def refusals(rules: Iterable[str]) -> dict[str, Any]:
    """Return the documented 409 of a command that may be refused for `rules`."""
    types = [f"`urn:problem:{rule}`" for rule in rules]
    named = f": {', '.join(types)}" if types else ""
    return {
        **_problem(409),
        "description": f"A rule of the domain does not hold; `type` is the rule{named}.",
    }


def outcome(command: type[Command], id: str) -> type[BaseModel]:
    """Return the documented response of a command."""
    fields: dict[str, Any] = {id: (UUID, ...), "version": (int, ...), "events": (list[str], ...)}
    return create_model(f"{command.__name__}Outcome", **fields)


def page(row: type) -> type[BaseModel]:
    """Return the documented response of a search."""
    fields: dict[str, Any] = {"items": (list[row], ...), "next": (str | None, ...)}  # type: ignore[valid-type]
    return create_model(f"{row.__name__}Page", **fields)
