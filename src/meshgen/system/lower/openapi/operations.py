"""What operations consist of, whatever they do."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass

from meshgen.system.lower.openapi.schemas import Json, reference

_NO_WORD = re.compile(r"[^a-z0-9]+")
_JSON = "application/json"
_PROBLEM = "application/problem+json"
_NAMES = {
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
_ANYWHERE = (400, 414, 429, 431, 503, 504)
ETAG = {"ETag": {"$ref": "#/components/headers/ETag"}}
LOCATION = {"Location": {"$ref": "#/components/headers/Location"}}


@dataclass(frozen=True, slots=True)
class Tag:
    """What operations are about."""

    name: str
    description: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Operation:
    """An operation: a method of a path.

    `kind` is the helper of its route. `roles` is None if callers need no token. A `former` one is
    at a path that the operation before it had.
    """

    kind: str
    path: str
    method: str
    id: str
    tag: Tag
    summary: str
    description: str = ""
    roles: tuple[str, ...] | None
    parameters: tuple[Json, ...]
    body: Json | None = None
    responses: Json
    former: bool = False

    def document(self, id: str) -> Json:
        """Return the operation as OpenAPI has it, with an id that no other operation has."""
        return {
            "tags": [self.tag.name],
            "summary": self.summary,
            **described(self.description),
            "operationId": id,
            **({} if self.roles is None else {"security": _security(self.roles)}),
            "parameters": list(self.parameters),
            **({} if self.body is None else {"requestBody": self.body}),
            "responses": self.responses,
            **({"deprecated": True} if self.former else {}),
        }


def operation_ids(operations: Iterable[Operation]) -> list[str]:
    """Return the ids: where two would be the same, the later one says what kind it is of."""
    ids: list[str] = []
    now = ""
    for operation in operations:
        if operation.former:
            ids.append(f"{now}_at{_NO_WORD.sub('_', operation.path).rstrip('_')}")
            continue
        now = operation.id
        while now in ids:
            now = f"{operation.kind}_{now}"
        ids.append(now)
    return ids


def parameters(path: str) -> tuple[str, ...]:
    """Return the names of the parameters of `path`."""
    return tuple(re.findall(r"{(\w+)}", path))


def parameter(name: str, place: str, schema: Json, *, required: bool = False) -> Json:
    """Return a parameter; `place` is `path` or `query`."""
    needs = {"required": True} if required else {}
    return {"name": name, "in": place, **needs, "schema": schema}


def shared_parameter(name: str) -> Json:
    """Return a reference to a parameter that all documents have."""
    return {"$ref": f"#/components/parameters/{name}"}


def content(schema: Json, **more: Json) -> Json:
    """Return what a body or a response contains."""
    return {"content": {_JSON: {"schema": schema}, **more}}


def problems(*statuses: int, public: bool = False) -> Json:
    """Return references to the problems with `statuses`, and to those that are possible anywhere.

    What is `public` needs no token.
    """
    possible = {*statuses, *_ANYWHERE} | (set() if public else {401, 403})
    return {
        str(status): {"$ref": f"#/components/responses/{_NAMES[status]}"}
        for status in sorted(possible)
    }


def refusals(rules: Iterable[str]) -> Json:
    """Return the problem of a command that may be refused for `rules`."""
    types = [f"`urn:problem:{rule}`" for rule in rules]
    named = f": {', '.join(types)}" if types else ""
    return {
        "description": f"A rule of the domain does not hold; `type` is the rule{named}.",
        "content": {_PROBLEM: {"schema": reference("ProblemDetails")}},
    }


def described(text: str) -> Json:
    """Return the description of something, if there is one."""
    return {"description": text} if text else {}


def _security(roles: tuple[str, ...]) -> list[Json]:
    """Return the alternatives of what a caller needs: one of the roles, if there are any."""
    return [{"bearer": [role]} for role in roles] or [{"bearer": []}]
