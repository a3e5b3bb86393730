"""The rate limit: a bucket for every caller."""

from __future__ import annotations

import time

import httpx

from tests.waiting import PATIENCE, wait_until

from .gateways import Gateway
from .rendering import BURST, RATE


def _burst(gateway: Gateway, token: str, count: int) -> list[httpx.Response]:
    headers = {"authorization": f"Bearer {token}"}
    with httpx.Client(
        base_url=gateway.url, headers=headers, timeout=PATIENCE, trust_env=False
    ) as client:
        return [client.get("/orders/limited") for _ in range(count)]


def test_one_caller_is_limited_and_another_does_not_notice(gateway: Gateway) -> None:
    eager, calm = gateway.token(), gateway.token()
    began = time.monotonic()
    answers = _burst(gateway, eager, 3 * BURST)
    allowed = [answer for answer in answers if answer.status_code == 200]
    refused = [answer for answer in answers if answer.status_code == 429]
    assert len(allowed) + len(refused) == len(answers)
    assert BURST <= len(allowed) <= BURST + RATE * (time.monotonic() - began) + 1
    assert refused[0].headers["content-type"] == "application/problem+json"
    assert refused[0].json()["type"] == "urn:problem:too_many_requests"
    assert refused[0].headers["retry-after"] == "1"
    assert refused[0].headers["x-ratelimit-limit"].startswith(str(BURST))
    assert refused[0].headers["x-ratelimit-remaining"] == "0"
    assert {answer.status_code for answer in _burst(gateway, calm, 10)} == {200}


def test_a_caller_may_go_on_after_a_while(gateway: Gateway) -> None:
    token = gateway.token()
    while _burst(gateway, token, 10)[-1].status_code == 200:
        pass
    wait_until(
        lambda: _burst(gateway, token, 1)[0].status_code == 200, "another token in the bucket"
    )


def test_another_token_of_the_same_caller_is_no_way_out(gateway: Gateway) -> None:
    subject = "8d3c1c0e-0000-4000-8000-000000000003"
    while _burst(gateway, gateway.token(sub=subject), 10)[-1].status_code == 200:
        pass
    again = gateway.token(sub=subject, roles=["merchant"])
    assert 429 in {answer.status_code for answer in _burst(gateway, again, 5)}


def test_who_has_no_name_is_limited_too(gateway: Gateway) -> None:
    answers = _burst(gateway, gateway.token(sub=None), 3 * BURST)
    assert 429 in {answer.status_code for answer in answers}
