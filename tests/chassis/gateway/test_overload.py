"""What the gateway does when the units get more than they can do."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from tests.waiting import PATIENCE, wait_until

from . import gateways
from .gateways import Gateway
from .rendering import render

MAX_REQUESTS = 128


@pytest.fixture
def gateway(tmp_path: Path) -> Iterator[Gateway]:
    """A gateway without the limit for each caller, and not that of other tests."""
    with gateways.running(tmp_path, render(rate_limit=False)) as gateway:
        yield gateway


async def flood(gateway: Gateway, method: str, path: str, count: int) -> list[httpx.Response]:
    """Send `count` requests at the same time."""
    headers = {"authorization": f"Bearer {gateway.token()}"}
    limits = httpx.Limits(max_connections=count)
    async with httpx.AsyncClient(
        headers=headers, timeout=PATIENCE, limits=limits, trust_env=False
    ) as client:
        url = f"{gateway.url}{path}"
        return await asyncio.gather(*(client.request(method, url) for _ in range(count)))


@pytest.mark.parametrize("method", ["GET", "POST"])
async def test_the_circuit_breaker_refuses_what_is_too_much(gateway: Gateway, method: str) -> None:
    answers = await flood(gateway, method, "/orders/slow?seconds=1", MAX_REQUESTS + 40)
    assert gateway.order.most_active <= MAX_REQUESTS
    refused = [answer for answer in answers if answer.status_code == 503]
    assert refused
    assert 200 in {answer.status_code for answer in answers}
    for answer in refused:
        assert answer.headers["content-type"] == "application/problem+json"
        assert answer.headers["retry-after"] == "1"
        assert answer.json()["type"] == "urn:problem:overloaded"
        assert answer.json()["correlation_id"] == answer.headers["x-request-id"]
    again = await flood(gateway, method, "/orders/slow?seconds=0", 10)
    assert {answer.status_code for answer in again} == {200}


async def test_a_unit_that_refuses_most_is_asked_less_until_it_answers(gateway: Gateway) -> None:
    gateway.order.code, sent = 503, 0
    while len(gateway.order.seen) > sent / 2 or sent < 200:
        sent += len(await flood(gateway, "POST", "/orders/a", 20))
    # Another unit does not notice.
    others = await flood(gateway, "POST", "/history/a", 20)
    assert {answer.status_code for answer in others} == {200}
    gateway.order.code = 200

    def has_recovered() -> bool:
        answers = asyncio.run(flood(gateway, "POST", "/orders/a", 40))
        return Counter(answer.status_code for answer in answers) == {200: 40}

    await asyncio.to_thread(wait_until, has_recovered, "all requests being answered again")
