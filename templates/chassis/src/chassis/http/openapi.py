"""What the OpenAPI documents of all units have in common: `components.json`, and problems."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping
from functools import cache
from importlib.resources import files
from typing import TYPE_CHECKING, Any, TypeAlias

if TYPE_CHECKING:
    from fastapi import FastAPI

Schema: TypeAlias = dict[str, Any]
Responses: TypeAlias = dict[int | str, dict[str, Any]]

SCHEMAS = "#/components/schemas/"
PROBLEM = "ProblemDetails"

NAMES = {
    400: "BadRequest",
    401: "Unauthorized",
    403: "Forbidden",
    404: "NotFound",
    409: "Conflict",
    412: "PreconditionFailed",
    413: "ContentTooLarge",
    414: "UriTooLong",
    415: "UnsupportedMediaType",
    422: "UnprocessableContent",
    429: "TooManyRequests",
    431: "HeadersTooLarge",
    502: "BadGateway",
    503: "ServiceUnavailable",
    504: "GatewayTimeout",
}
"""The names of problems among the components, by their statuses."""
_ANYWHERE = (400, 414, 429, 431, 503, 504)
COMMAND_PROBLEMS = (401, 403, 404, 409, 412, 413, 415, 422, *_ANYWHERE)
READ_PROBLEMS = (401, 403, 404, 422, *_ANYWHERE)
SEARCH_PROBLEMS = (401, 403, 422, *_ANYWHERE)
BFF_PROBLEMS = (401, 403, 404, 422, 502, *_ANYWHERE)


@cache
def _shared() -> str:
    return files("chassis.http").joinpath("components.json").read_text(encoding="utf-8")


def shared() -> dict[str, Any]:
    """Return the components that any document may refer to."""
    return dict(json.loads(_shared()))


class Components:
    """The components of an OpenAPI document that FastAPI does not find by itself."""

    def __init__(self, app: FastAPI) -> None:
        original = app.openapi

        def openapi() -> Schema:
            if app.openapi_schema is None:
                components = original().setdefault("components", {})
                for kind, named in shared().items():
                    components[kind] = components.get(kind, {}) | named
                app.openapi_schema = referred(original())
            return original()

        app.openapi = openapi  # type: ignore[method-assign]


def needed(statuses: Iterable[int], public: bool) -> tuple[int, ...]:
    """Return the statuses that a route may answer; one that is public needs no token."""
    return tuple(status for status in statuses if not (public and status in (401, 403)))


def problems(*statuses: int) -> Responses:
    """Return the documented problems of a route that is written by hand, for FastAPI."""
    responses = shared()["responses"]
    return {status: responses[NAMES[status]] for status in statuses}


def referred(document: Mapping[str, Any]) -> dict[str, Any]:
    """Return `document` without the components that nothing in it refers to."""
    components = document["components"]
    kept: set[tuple[str, str]] = set()
    waiting: list[Any] = [document["paths"]]
    while waiting:
        for place in _references(waiting.pop()):
            if place not in kept:
                kept.add(place)
                waiting.append(components[place[0]][place[1]])
    left = {
        kind: {name: value for name, value in named.items() if (kind, name) in kept}
        for kind, named in components.items()
    }
    return {**document, "components": {kind: named for kind, named in left.items() if named}}


def _references(node: Any) -> Iterator[tuple[str, str]]:
    """Yield the kinds and names of the components that `node` refers to."""
    if isinstance(node, Mapping):
        if isinstance(reference := node.get("$ref"), str):
            _, _, kind, name = reference.split("/")
            yield kind, name
        if isinstance(requirements := node.get("security"), list):
            yield from (("securitySchemes", name) for each in requirements for name in each)
    for value in node.values() if isinstance(node, Mapping) else node:
        if isinstance(value, Mapping | list):
            yield from _references(value)
