"""Request bodies, parsed strictly: JSON (RFC 8259) or a problem."""

from __future__ import annotations

import json
from decimal import Decimal
from typing import Any, NoReturn

from starlette.requests import Request

from chassis.http.problem import FieldError, Problem, invalid


async def read_object(request: Request) -> dict[str, Any]:
    """Return the JSON object in the body; an empty body is an empty object.

    Numbers with a fraction become decimals, because money must not pass through floating point.

    Raises:
        Problem: The body is not a JSON object (400, 415 or 422).
    """
    body = await request.body()
    if not body:
        return {}
    _require_json(request.headers.get("content-type", ""))
    try:
        value = json.loads(
            body.decode(),
            parse_float=Decimal,
            parse_constant=_reject_constant,
            object_pairs_hook=_unique_names,
        )
    except (ValueError, RecursionError) as error:
        raise Problem(400, "malformed_json", detail="The body is not JSON.") from error
    if not isinstance(value, dict):
        raise invalid([FieldError("", "The body should be an object")])
    return value


def _require_json(content_type: str) -> None:
    media_type = content_type.partition(";")[0].strip().lower()
    if media_type != "application/json":
        raise Problem(
            415,
            "unsupported_media_type",
            detail="The body must be application/json.",
            headers={"Accept": "application/json"},
        )


def _reject_constant(name: str) -> NoReturn:
    raise ValueError(f"{name} is not JSON")


def _unique_names(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    """Reject duplicate names, because parsers disagree about them (RFC 8259, 4)."""
    value = dict(pairs)
    if len(value) != len(pairs):
        raise ValueError("duplicate name")
    return value
