"""The problem of each exception."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from pydantic import ValidationError
from starlette.exceptions import HTTPException
from starlette.responses import Response

from chassis import errors, trace
from chassis.deadline import DeadlineExceeded
from chassis.domain import Refused
from chassis.http import problem
from chassis.http.problem import FieldError, Problem


def response_of(error: Exception, path: str) -> Response:
    """Return the response with the problem of `error`, for a request of `path`."""
    current = trace.current()
    return problem.response(
        problem_of(error),
        instance=path,
        correlation_id=str(current.correlation_id) if current else None,
    )


def problem_of(error: Exception) -> Problem:
    """Return the problem of `error`; that of an unexpected one has no details."""
    match error:
        case Problem():
            return error
        case Refused():
            return problem.refused(error.rule)
        case errors.NotOwner():
            return problem.forbidden("It belongs to another user.")
        case errors.VersionMismatch():
            return Problem(
                412, "version_mismatch", detail=f"The current version is {error.actual}."
            )
        case errors.Conflict():
            return Problem(409, "conflict", detail="It was changed concurrently; try again.")
        case errors.Duplicate():
            fields = ", ".join(error.fields)
            return Problem(409, "duplicate", detail=f"Another one has the same {fields}.")
        case errors.KeyReused():
            return Problem(
                422,
                "idempotency_key_reused",
                detail="The Idempotency-Key was used for a request with another body.",
            )
        case errors.TooLarge():
            return problem.too_large(f"{error}.")
        case errors.Unavailable():
            return Problem(503, "unavailable", headers={"Retry-After": "1"})
        case DeadlineExceeded():
            return Problem(503, "deadline_exceeded", headers={"Retry-After": "1"})
        case errors.InvalidQuery():
            return problem.invalid([FieldError(error.field, error.message)])
        case HTTPException():
            return problem.of_status(error.status_code, error.headers)
        case _:
            return Problem(
                500,
                "internal_error",
                detail="An unexpected error, logged under its correlation id.",
            )


def is_expected(error: Exception) -> bool:
    """Return whether `error` is a response to the caller, and not a fault."""
    return isinstance(error, Problem) or problem_of(error).status != 500


def invalid_fields(error: ValidationError) -> Problem:
    """Return the 422 for a body or a query that does not fit its model."""
    found = error.errors(include_url=False, include_context=False, include_input=False)
    return problem.invalid(field_errors(found[: problem.MAX_ERRORS]), len(found))


def field_errors(found: Sequence[Any], skip: int = 0) -> list[FieldError]:
    """Return the errors of pydantic without the first `skip` parts of their locations."""
    return [
        FieldError(".".join(str(part) for part in entry["loc"][skip:]), entry["msg"])
        for entry in found
    ]
