"""The rate limit of an address, which comes before anything that takes time."""

from __future__ import annotations

import re
import time
from collections import Counter
from collections.abc import Iterator

import httpx
import pytest

from tests.waiting import PATIENCE

from . import gateways
from .gateways import Gateway
from .rendering import render

RATE = 20
FORGED = 400
TOKEN = re.compile(r"jwt_authn\.(?:allowed|denied): (\d+)")


@pytest.fixture(params=["0", "1"], ids=["direct", "behind a proxy"])
def limited(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Gateway]:
    """A gateway with a low limit."""
    folder = tmp_path_factory.mktemp("limited")
    config = render(rate_limit=False, address_rate=RATE)
    with gateways.running(folder, config, {"TRUSTED_PROXIES": request.param}) as gateway:
        yield gateway


def ask(gateway: Gateway, count: int, token: str, forwarded: str = "192.0.2.1") -> Counter[int]:
    headers = {"authorization": f"Bearer {token}", "x-forwarded-for": forwarded}
    with httpx.Client(
        base_url=gateway.url, headers=headers, timeout=PATIENCE, trust_env=False
    ) as client:
        return Counter(client.get("/orders/a").status_code for _ in range(count))


def verified(gateway: Gateway) -> int:
    """The number of requests whose token the gateway has verified."""
    stats = httpx.get(f"http://127.0.0.1:{gateway.admin_port}/stats?filter=jwt_authn", timeout=5)
    return sum(map(int, TOKEN.findall(stats.text)))


def test_forged_tokens_are_refused_before_they_are_verified(limited: Gateway) -> None:
    forged = limited.token(iss="https://evil.example")
    began = time.monotonic()
    answers = ask(limited, FORGED, forged)
    most = RATE + RATE * (time.monotonic() - began) + 1
    assert set(answers) == {401, 429}
    assert RATE <= answers[401] <= most
    assert 0 < verified(limited) <= most


def test_after_the_time_that_it_names_a_request_is_accepted(limited: Gateway) -> None:
    token = limited.token()
    headers = {"authorization": f"Bearer {token}"}
    while (answer := limited.ask("GET", "/orders/a", headers=headers)).status_code == 200:
        ask(limited, RATE, token, "192.0.2.9")
        ask(limited, RATE, token, "127.0.0.1")
    assert answer.json()["type"] == "urn:problem:too_many_requests"
    time.sleep(int(answer.headers["retry-after"]))  # that it is enough is the promise
    assert limited.ask("GET", "/orders/a", headers=headers).status_code == 200


def test_only_a_trusted_proxy_says_which_address_it_is(
    limited: Gateway, request: pytest.FixtureRequest
) -> None:
    behind = request.node.callspec.params["limited"] == "1"
    token = limited.token()
    for number in range(5):
        ask(limited, RATE, token, f"192.0.2.{number}")
    answers = ask(limited, RATE, token, "203.0.113.7")
    if behind:
        assert answers == {200: RATE}
    else:  # what a client says of itself is not believed
        assert answers[429] > 0
    told = ask(limited, 5 * RATE, token, "198.51.100.1, 203.0.113.8")
    assert told[429] > 0, "the last address counts, which the proxy has added"
