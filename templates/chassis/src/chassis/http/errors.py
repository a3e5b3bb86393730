"""The problem of each exception."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from pydantic import ValidationError
from starlette.exceptions import HTTPException
from starlette.responses import Response

from chassis import errors, trace
from chassis.domain import Refused
from chassis.http import problem
from chassis.http.problem import FieldError, Problem


def install(app: FastAPI) -> None:
    """Respond with a problem to every exception of a route of `app`."""
    for kind in (
        Problem,
        Refused,
        HTTPException,
        RequestValidationError,
        errors.NotOwner,
        errors.VersionMismatch,
        errors.Conflict,
        errors.Unavailable,
        errors.InvalidQuery,
        Exception,
    ):
        app.add_exception_handler(kind, _handle)


async def _handle(request: Request, error: Exception) -> Response:
    current = trace.current()
    return problem.response(
        problem_of(error),
        instance=request.url.path,
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
        case errors.Unavailable():
            return Problem(503, "unavailable", headers={"Retry-After": "1"})
        case errors.InvalidQuery():
            return problem.invalid([FieldError(error.field, error.message)])
        case RequestValidationError():
            return problem.invalid(field_errors(error.errors(), skip=1))
        case HTTPException():
            return problem.of_status(error.status_code, error.headers)
        case _:
            return Problem(
                500,
                "internal_error",
                detail="An unexpected error, logged under its correlation id.",
            )


def invalid_command(error: ValidationError) -> Problem:
    """Return the 422 for a body that is not valid for the command."""
    return problem.invalid(field_errors(error.errors(include_url=False, include_input=False)))


def field_errors(found: Sequence[Any], skip: int = 0) -> list[FieldError]:
    """Return the errors of pydantic without the first `skip` parts of their locations."""
    return [
        FieldError(".".join(str(part) for part in entry["loc"][skip:]), entry["msg"])
        for entry in found
    ]
