"""Attempts, and what is a fault of the system that they were made at."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

from tests.attacks.wire import Reply

REFUSED = frozenset({400, 401, 403, 404, 405, 408, 409, 411, 412, 413, 414, 415, 422, 431})
"""All the ways to refuse a request for what it is."""

_INSIDE = re.compile(
    rb"Traceback|site-packages|\.py\b|sqlite|psycopg|pymongo|nats:|/tmp|secret|pydantic|"
    rb"uvicorn|starlette|SELECT |errors\.pydantic",
    re.IGNORECASE,
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Attempt:
    """A request that should not succeed, or should do no harm.

    Attributes:
        name: What is tried.
        unit: The unit that it is meant for; empty for the gateway itself.
        path: The path and the query at that unit.
        allowed: The statuses of which one is right.
        as_problem: Whether a refusal has to be a problem (RFC 9457).
    """

    name: str
    unit: str
    method: str = "GET"
    path: str = "/"
    headers: Mapping[str, str] = field(default_factory=dict)
    content: bytes | None = None
    allowed: frozenset[int] = REFUSED
    as_problem: bool = True


def faults(attempt: Attempt, reply: Reply | None) -> Iterator[str]:
    """Yield what is wrong with the answer to an attempt."""
    if reply is None:
        if attempt.as_problem:
            yield "no answer"
        return
    if reply.status not in attempt.allowed:
        yield f"{reply.status} {reply.body[:200]!r}"
    if (found := _INSIDE.search(reply.body)) and reply.status >= 400:
        yield f"{found[0]!r} in the answer"
    if attempt.as_problem and reply.status >= 400:
        yield from _no_problem(reply)


def _no_problem(reply: Reply) -> Iterator[str]:
    if reply.headers.get("content-type") != "application/problem+json":
        yield f"{reply.status} is {reply.headers.get('content-type')}, and no problem"
        return
    problem = json.loads(reply.body)
    if problem.get("status") != reply.status or not problem.get("type"):
        yield f"the problem of {reply.status} is {problem}"
