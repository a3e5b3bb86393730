"""Streams of events: they outlast the timeout of other requests, and take no place of theirs."""

from __future__ import annotations

from contextlib import ExitStack

import httpx
import pytest

from tests.waiting import PATIENCE, wait_until

from .gateways import Gateway
from .rendering import TIMEOUT_MS

EVENTS = int(TIMEOUT_MS / 50 * 1.5)
PATH = f"/orders/live?events={EVENTS}"
ENDLESS = "/orders/live?events=100000"
ACCEPT = {"accept": "text/event-stream"}
DEFAULT = 128  # requests of a unit at the same time, but for streams


@pytest.fixture
def client() -> httpx.Client:
    limits = httpx.Limits(max_connections=1000)
    return httpx.Client(timeout=PATIENCE, trust_env=False, limits=limits)


def test_a_stream_outlasts_the_timeout(gateway: Gateway) -> None:
    answer = gateway.ask("GET", PATH, gateway.token(), ACCEPT)
    assert answer.status_code == 200
    assert answer.text.count("data: ") == EVENTS
    (seen,) = gateway.order.asked(PATH)
    assert "x-envoy-expected-rq-timeout-ms" not in seen.headers


def test_other_answers_do_not(gateway: Gateway) -> None:
    with pytest.raises(httpx.RemoteProtocolError):  # it is cut off
        gateway.ask("GET", PATH, gateway.token(), {"accept": "application/json"})
    answer = gateway.ask("GET", "/orders/slow?seconds=9", gateway.token(), ACCEPT)
    assert answer.status_code == 504


def test_streams_take_no_place_of_other_requests(gateway: Gateway, client: httpx.Client) -> None:
    others = gateway.order.active  # of other tests, which the backend keeps waiting
    with client, ExitStack() as stack:
        for _ in range(DEFAULT + 10):
            headers = {"authorization": f"Bearer {gateway.token()}", **ACCEPT}
            stream = client.stream("GET", gateway.url + ENDLESS, headers=headers)
            assert stack.enter_context(stream).status_code == 200
        assert gateway.ask("GET", "/orders/a", gateway.token()).status_code == 200
    wait_until(lambda: gateway.order.active <= others, "the streams have ended")


def test_a_stream_needs_a_token(gateway: Gateway) -> None:
    assert gateway.ask("GET", PATH, headers=ACCEPT).status_code == 401
