"""Errors over HTTP as problem details (RFC 9457, `application/problem+json`)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from http import HTTPStatus
from typing import Any

from starlette.responses import JSONResponse
from starlette.types import Scope

MEDIA_TYPE = "application/problem+json"
MAX_ERRORS = 20
_ORIGINAL_PATH = b"x-envoy-original-path"  # the gateway removes it from what clients send
_LONGEST_NAME = 200  # parts of a response that a request determines are cut
_PHRASES = {status.value: status.phrase for status in HTTPStatus} | {
    413: "Content Too Large",  # as RFC 9110 calls them
    414: "URI Too Long",
    422: "Unprocessable Content",
}


@dataclass(frozen=True, slots=True)
class FieldError:
    """An error in one field of a request. `field` is a dotted path."""

    field: str
    message: str


class Problem(Exception):
    """An error that becomes the response. All of it is shown to the caller."""

    def __init__(
        self,
        status: int,
        rule: str,
        *,
        title: str | None = None,
        detail: str | None = None,
        errors: Sequence[FieldError] = (),
        headers: Mapping[str, str] | None = None,
    ) -> None:
        super().__init__(f"{status} {rule}")
        self.status = status
        self.rule = rule
        self.title = title or words(rule)
        self.detail = detail
        self.errors = tuple(errors)
        self.headers = dict(headers or {})


def words(rule: str) -> str:
    """Return a rule in words: `already_exists` -> `Already exists`."""
    return rule.replace("_", " ").replace("-", " ").capitalize()


def unauthenticated(detail: str, *, sent: bool) -> Problem:
    """Return a 401 with the challenge of RFC 6750, 3, with an `error` if a token was sent."""
    challenge = 'Bearer error="invalid_token"' if sent else "Bearer"
    return Problem(401, "unauthenticated", detail=detail, headers={"WWW-Authenticate": challenge})


def forbidden(detail: str) -> Problem:
    """Return a 403: the caller is known, but not allowed to do this."""
    return Problem(403, "forbidden", detail=detail)


def not_found(detail: str | None = None) -> Problem:
    """Return a 404, also for what exists but is hidden from the caller."""
    return Problem(404, "not_found", detail=detail)


def invalid(errors: Sequence[FieldError], count: int | None = None) -> Problem:
    """Return a 422 with the errors of fields, at most `MAX_ERRORS` of all `count` errors."""
    count = len(errors) if count is None else count
    detail = "The request does not fit the schema."
    if count > MAX_ERRORS:
        detail += f" These are {MAX_ERRORS} of {count} errors."
    return Problem(422, "invalid_request", detail=detail, errors=errors[:MAX_ERRORS])


def refused(rule: str) -> Problem:
    """Return the problem of a rule that does not hold.

    `product_not_found` is a 409, because the resource of the request exists and another one is
    missing.
    """
    if rule == "not_found":
        return not_found()
    if rule == "already_exists" or rule.endswith("_not_found"):
        return Problem(409, rule)
    return Problem(
        409,
        rule,
        title=f"Required: {words(rule).lower()}",
        detail=f"The rule {rule} does not hold.",
    )


def too_large(detail: str) -> Problem:
    """Return the 413 for a request with too much content."""
    return Problem(413, "content_too_large", title=_PHRASES[413], detail=detail)


def of_status(status: int, headers: Mapping[str, str] | None = None) -> Problem:
    """Return a problem that has no more information than its status."""
    phrase = _PHRASES.get(status) or ("Client Error" if status < 500 else "Server Error")
    rule = phrase.lower().replace(" ", "_").replace("-", "_").replace("'", "")
    return Problem(status, rule, title=phrase, headers=headers)


def path_of(scope: Scope) -> str:
    """Return the path of a request as the client has encoded it."""
    raw: bytes = scope["raw_path"]
    return raw.decode("latin-1")


def instance_of(scope: Scope) -> str:
    """Return the path that the client asked for, which the gateway may have shortened."""
    original = dict(scope["headers"]).get(_ORIGINAL_PATH, b"").decode("latin-1")
    return original.partition("?")[0] or path_of(scope)


def body_of(problem: Problem) -> dict[str, Any]:
    """Return the members of `problem` that do not depend on the request."""
    return {
        "type": f"urn:problem:{problem.rule}",
        "title": problem.title,
        "status": problem.status,
    }


def response(problem: Problem, *, instance: str, correlation_id: str | None) -> JSONResponse:
    """Return the response of `problem`."""
    body = {**body_of(problem), "instance": instance}
    if problem.detail is not None:
        body["detail"] = problem.detail
    if correlation_id is not None:
        body["correlation_id"] = correlation_id
    if problem.errors:
        body["errors"] = [
            {"field": _cut(e.field), "message": _cut(e.message)} for e in problem.errors
        ]
    return JSONResponse(body, problem.status, problem.headers, media_type=MEDIA_TYPE)


def _cut(text: str) -> str:
    return text if len(text) <= _LONGEST_NAME else f"{text[:_LONGEST_NAME]}..."
