"""What is a fault is found: a suite that finds nothing must be able to."""

from __future__ import annotations

import json

import pytest

from tests.attacks import smuggling
from tests.attacks.attempts import Attempt, faults
from tests.attacks.wire import Reply

ATTEMPT = Attempt(name="x", unit="order", allowed=frozenset({404}))
PROBLEM = {"type": "urn:problem:not_found", "title": "Not found", "status": 404}
TYPE = {"content-type": "application/problem+json"}


def reply(status: int = 404, body: object = PROBLEM, headers: dict[str, str] = TYPE) -> Reply:
    return Reply(status=status, headers=headers, body=json.dumps(body).encode())


def test_what_is_right_is_no_fault() -> None:
    assert not list(faults(ATTEMPT, reply()))


@pytest.mark.parametrize(
    "found",
    [
        None,
        reply(200, {}),
        reply(500, {**PROBLEM, "status": 500}),
        reply(403, {**PROBLEM, "status": 403}),
        reply(body={**PROBLEM, "status": 400}),
        reply(body={"detail": "Not Found"}),
        reply(headers={"content-type": "application/json"}),
        reply(headers={}),
        reply(body={**PROBLEM, "detail": 'File "/x/app.py", line 3'}),
        reply(body={**PROBLEM, "detail": "sqlite3.OperationalError"}),
    ],
)
def test_what_is_wrong_is_a_fault(found: Reply | None) -> None:
    assert list(faults(ATTEMPT, found))


@pytest.mark.parametrize("replies", [(reply(200),), (reply(), reply(201)), (reply(502),)])
def test_a_smuggled_request_is_a_fault(replies: tuple[Reply, ...]) -> None:
    assert list(smuggling.faults(replies))
