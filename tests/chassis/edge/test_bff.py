"""Backends-for-frontends: parts in parallel, what may be missing, what is passed on."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator, Callable, Mapping
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

import httpx
import pytest
import pytest_asyncio
import structlog
from chassis import deadline
from chassis.connections import BackendFailed, Connections
from chassis.copies import Copies
from chassis.health import Checks
from chassis.http.bff_app import bff_app
from chassis.http_client import Fetched
from chassis.telemetry import Telemetry

from tests.waiting import PATIENCE

from . import fronts, tokens
from .harness import assert_problem

Backend = Callable[[httpx.Request], Any]
TEA = {"product_id": "p", "name": "Tea", "price": "1.10"}
PRODUCTS = {"items": [TEA], "next": None}
READ = {"items": [{**TEA, "note": None}], "next": None}
CART = {"owner": "x", "items": {"p": 2}}


class Network:
    """Stands in for the network: answers by host, remembers the requests."""

    def __init__(self) -> None:
        self.requests: list[httpx.Request] = []
        self.backends: dict[str, Backend] = {
            "catalog": lambda _: PRODUCTS,
            "cart": lambda _: CART,
            "order": lambda _: {"order_id": "o"},
        }

    async def __call__(
        self,
        url: str,
        headers: Mapping[str, str],
        content: bytes | None = None,
        method: str = "POST",
    ) -> Fetched:
        method = "GET" if content is None else method
        request = httpx.Request(method, url, headers=dict(headers), content=content)
        self.requests.append(request)
        answer = self.backends[request.url.host](request)
        if asyncio.iscoroutine(answer):
            answer = await answer
        if not isinstance(answer, httpx.Response):
            answer = httpx.Response(200, json=answer)
        return Fetched(answer.status_code, dict(answer.headers), answer.content)


TIMEOUT = 1.0
"""Seconds that a backend may take; only those that never answer take that long."""


@pytest.fixture
def network() -> Network:
    return Network()


@pytest_asyncio.fixture
async def http(network: Network, tmp_path: Path) -> AsyncIterator[httpx.AsyncClient]:
    jwks = tokens.write_jwks(tmp_path / "jwks.json", "one")
    verifier = tokens.verifier(jwks)
    connections = Connections(
        {name: (f"http://{name}",) for name in fronts.bff.calls}, network, timeout=TIMEOUT
    )
    app = bff_app(fronts.bff, connections, verifier, _ready, Telemetry.of("shop"))
    async with httpx.AsyncClient(
        transport=httpx.ASGITransport(app),
        base_url="http://web",
        headers={"authorization": f"Bearer {tokens.token()}"},
    ) as client:
        yield client


async def _ready() -> Checks:
    return {}


async def _never() -> None:
    await asyncio.sleep(3600)


def _problem(status: int, rule: str) -> httpx.Response:
    body = {
        "type": f"urn:problem:{rule}",
        "title": "A title",
        "status": status,
        "detail": "A detail.",
        "instance": "/elsewhere",
        "errors": [{"field": "f", "message": "m"}],
    }
    return httpx.Response(status, json=body, headers={"content-type": "application/problem+json"})


async def test_parts_become_one_answer(http: httpx.AsyncClient, network: Network) -> None:
    answer = await http.get("/home")
    assert answer.json() == {"products": READ, "cart": CART}
    asked = {str(request.url) for request in network.requests}
    assert asked == {"http://catalog/browse?listed=true", f"http://cart/carts/{tokens.SUBJECT}"}


async def test_head_and_other_methods(http: httpx.AsyncClient) -> None:
    assert (await http.head("/home")).status_code == 200
    for path, allowed in (
        ("/home", "DELETE, GET, HEAD"),
        ("/orders/1", "GET, HEAD"),
        ("/livez", "GET, HEAD"),
        ("/cart/items", "POST"),
    ):
        answer = await http.put(path)
        assert_problem(answer, 405, "method_not_allowed")
        assert answer.headers["allow"] == allowed


async def test_a_backend_has_no_more_time_than_the_request(
    http: httpx.AsyncClient, network: Network
) -> None:
    answered = False
    while not answered:  # on a busy machine, it may take longer
        with deadline.use(time.monotonic() + 0.3):
            answered = (await http.get("/home")).status_code == 200
    *_, first, second = (int(request.headers[deadline.HEADER]) for request in network.requests)
    assert 0 < first <= 300
    assert 0 < second <= 300
    network.backends["order"] = lambda _: _never()
    with deadline.use(time.monotonic() + 0.01):
        answer = await http.get(f"/orders/{uuid4()}")
    assert answer.status_code in (503, 504)  # whichever of them notices first


async def test_parts_are_fetched_in_parallel(http: httpx.AsyncClient, network: Network) -> None:
    both = asyncio.Barrier(2)  # nobody gets through alone

    async def meeting(answer: object) -> object:
        await both.wait()
        return answer

    network.backends |= {"catalog": lambda _: meeting(PRODUCTS), "cart": lambda _: meeting(CART)}
    answer = await http.get("/home")
    assert answer.json() == {"products": READ, "cart": CART}


async def test_a_part_waits_only_for_the_parts_that_feed_it(
    http: httpx.AsyncClient, network: Network
) -> None:
    fed = asyncio.Event()

    async def catalog(request: httpx.Request) -> object:
        if request.url.path == "/browse":
            fed.set()  # `more` has not been answered yet
        await fed.wait()
        return PRODUCTS

    network.backends |= {"catalog": catalog, "order": lambda _: {"order_id": "7"}}
    answer = await http.get("/fed/1")
    assert answer.json()["products"] == answer.json()["more"] == READ
    asked = [f"{request.url.host}{request.url.raw_path.decode()}" for request in network.requests]
    chain = ["order/orders/1", "cart/carts/7", "catalog/browse?of=x"]
    assert [each for each in asked if each in chain] == chain
    assert len(asked) == 4


async def test_what_is_fed_by_a_missing_part_is_missing(
    http: httpx.AsyncClient, network: Network
) -> None:
    network.backends["cart"] = lambda _: httpx.Response(404)
    answer = (await http.get("/fed/1")).json()
    assert (answer["cart"], answer["products"]) == (None, None)
    assert all(request.url.path != "/browse" for request in network.requests)


async def test_a_part_that_fails_is_not_hidden_by_those_it_feeds(
    http: httpx.AsyncClient, network: Network
) -> None:
    network.backends["order"] = lambda _: _problem(404, "not_found")
    problem = assert_problem(await http.get("/fed/1"), 404, "not_found")
    assert problem["detail"] == "A detail."
    network.backends["order"] = lambda _: _problem(500, "internal_error")
    assert_problem(await http.get("/fed/1"), 502, "backend_failed")


async def test_who_calls_and_the_trace_are_passed_on(
    http: httpx.AsyncClient, network: Network
) -> None:
    correlation, parent = str(uuid4()), f"00-{'a' * 32}-{'b' * 16}-01"
    headers = {"x-correlation-id": correlation, "traceparent": parent, "cookie": "secret=1"}
    await http.get("/home", headers=headers)
    for request in network.requests:
        assert request.headers["authorization"] == http.headers["authorization"]
        assert request.headers["x-correlation-id"] == correlation
        assert request.headers["traceparent"].split("-")[1] == "a" * 32
        assert request.headers["traceparent"] != parent
        assert "cookie" not in request.headers
    network.requests.clear()
    answer = await http.get("/home")
    passed_on = {request.headers["x-correlation-id"] for request in network.requests}
    assert passed_on == {answer.headers["x-correlation-id"]}
    assert UUID(passed_on.pop())


def _unreachable(_: httpx.Request) -> httpx.Response:
    raise ConnectionRefusedError


@pytest.mark.parametrize(
    "backend",
    [
        lambda _: _problem(404, "not_found"),
        lambda _: _problem(500, "internal_error"),
        lambda _: httpx.Response(503),
        lambda _: httpx.Response(200, content=b"<html>"),
        lambda _: {"owner": "x"},
        lambda _: httpx.Response(302, headers={"location": "/login"}),
        lambda _: _never(),
        _unreachable,
    ],
    ids=["404", "500", "503", "no json", "a field is missing", "redirect", "slow", "unreachable"],
)
async def test_an_optional_part_may_be_missing(
    http: httpx.AsyncClient, network: Network, backend: Backend
) -> None:
    network.backends["cart"] = backend
    answer = await http.get("/home")
    assert answer.status_code == 200
    assert answer.json() == {"products": READ, "cart": None}


@pytest.mark.parametrize(
    ("backend", "status", "rule"),
    [
        (lambda _: _problem(404, "not_found"), 404, "not_found"),
        (lambda _: _problem(403, "forbidden"), 403, "forbidden"),
        (lambda _: _problem(422, "invalid_request"), 422, "invalid_request"),
        (lambda _: httpx.Response(404), 404, "not_found"),
        (lambda _: httpx.Response(404, json=["x"]), 404, "not_found"),
        (lambda _: httpx.Response(429), 429, "too_many_requests"),
        (lambda _: httpx.Response(499), 499, "client_error"),
        (lambda _: _problem(500, "internal_error"), 502, "backend_failed"),
        (lambda _: httpx.Response(302), 502, "backend_failed"),
        (lambda _: httpx.Response(200, content=b"<html>"), 502, "backend_failed"),
        (lambda _: [TEA], 502, "backend_failed"),
        (lambda _: {"items": [{**TEA, "price": "much"}], "next": None}, 502, "backend_failed"),
        (lambda _: {"items": [{"product_id": "p"}], "next": None}, 502, "backend_failed"),
        (lambda _: _never(), 504, "backend_too_slow"),
        (_unreachable, 502, "backend_failed"),
    ],
)
async def test_a_required_part_is_passed_on(
    http: httpx.AsyncClient, network: Network, backend: Backend, status: int, rule: str
) -> None:
    network.backends["catalog"] = backend
    assert_problem(await http.get("/home"), status, rule)


@pytest.mark.parametrize(("headers", "wait"), [({"retry-after": "7"}, "7"), ({}, "1")])
async def test_an_overloaded_backend_says_when_to_try_again(
    http: httpx.AsyncClient, network: Network, headers: dict[str, str], wait: str
) -> None:
    network.backends["catalog"] = lambda _: httpx.Response(503, headers=headers)
    answer = await http.get("/home")
    assert_problem(answer, 503, "backend_unavailable")
    assert answer.headers["retry-after"] == wait


async def test_a_problem_keeps_its_words(http: httpx.AsyncClient, network: Network) -> None:
    network.backends["order"] = lambda _: _problem(422, "invalid_request")
    problem = assert_problem(await http.get(f"/orders/{uuid4()}"), 422, "invalid_request")
    assert problem["title"] == "A title"
    assert problem["detail"] == "A detail."
    assert problem["errors"] == [{"field": "f", "message": "m"}]


async def test_a_failing_part_ends_the_others(http: httpx.AsyncClient, network: Network) -> None:
    ended = asyncio.Event()

    async def watched() -> None:
        try:
            await asyncio.sleep(3600)
        finally:
            ended.set()

    network.backends |= {"catalog": lambda _: _problem(403, "x"), "cart": lambda _: watched()}
    assert (await http.get("/home")).status_code == 403
    await asyncio.wait_for(ended.wait(), PATIENCE)


async def test_a_closed_connection_is_tried_again_once(
    http: httpx.AsyncClient, network: Network
) -> None:
    def closing(request: httpx.Request) -> Any:
        if len(network.requests) == 1:
            raise ConnectionResetError
        return {"order_id": "o"}

    network.backends["order"] = closing
    assert (await http.get(f"/orders/{uuid4()}")).status_code == 200
    assert len(network.requests) == 2


async def test_copies_are_asked_in_turn(network: Network) -> None:
    connections = Connections({"order": ("http://a", "http://b")}, network, timeout=TIMEOUT)
    network.backends = {"a": lambda _: {"copy": "a"}, "b": lambda _: {"copy": "b"}}
    answers = [await connections.get("order", "/", {}, {}) for _ in range(4)]
    assert sorted(answers[:2]) == [b'{"copy":"a"}', b'{"copy":"b"}']
    assert answers[:2] == answers[2:]


@pytest.mark.parametrize("trouble", ["closed", "not ready"])
async def test_another_copy_answers_for_one_that_does_not(network: Network, trouble: str) -> None:
    def broken(_: httpx.Request) -> httpx.Response:
        if trouble == "closed":
            raise ConnectionResetError
        return _problem(503, "starting")

    connections = Connections({"order": ("http://a", "http://b")}, network, timeout=TIMEOUT)
    network.backends = {"a": broken, "b": lambda _: {"copy": "b"}}
    assert [await connections.get("order", "/", {}, {}) for _ in range(4)] == [b'{"copy":"b"}'] * 4
    network.backends["b"] = broken
    with pytest.raises(BackendFailed):
        await connections.get("order", "/", {}, {})


async def test_a_frozen_copy_is_waited_for_once(network: Network) -> None:
    connections = Connections({"order": ("http://a", "http://b")}, network, timeout=0.05)
    network.backends = {"a": lambda _: _never(), "b": lambda _: {"copy": "b"}}

    async def ask(count: int) -> list[str]:
        asked = len(network.requests)
        gets = (connections.get("order", "/", {}, {}) for _ in range(count))
        await asyncio.gather(*gets, return_exceptions=True)
        return [request.url.host for request in network.requests[asked:]]

    assert sorted(await ask(2)) == ["a", "b"]
    assert await ask(20) == ["b"] * 20


def test_a_silent_copy_is_tried_by_one_request_after_a_while() -> None:
    now = 100.0
    copies = Copies(["a", "b"], lambda: now)

    def first(count: int) -> list[str]:
        return sorted(copies.in_turn()[0] for _ in range(count))

    with pytest.raises(TimeoutError), copies.watched("a"):
        raise TimeoutError
    assert first(20) == ["b"] * 20
    assert sorted(copies.in_turn()) == ["a", "b"], "it is asked if no other one answers"
    now += 5
    assert first(20) == ["a", *["b"] * 19]
    with copies.watched("a"):
        pass
    assert first(20) == ["a"] * 10 + ["b"] * 10


async def test_what_a_backend_adds_is_left_out(http: httpx.AsyncClient, network: Network) -> None:
    network.backends["catalog"] = lambda _: {**PRODUCTS, "items": [{**TEA, "new": 1}], "count": 1}
    assert (await http.get("/home")).json()["products"] == READ


async def test_values_are_written_as_services_write_them(
    http: httpx.AsyncClient, network: Network
) -> None:
    """By the names of fields and not by the keys of messages, and decimals without exponents."""
    network.backends["order"] = lambda _: {"order_id": "o", "amount": {"total": "1E+2"}}
    answer = await http.get(f"/orders/{uuid4()}")
    assert answer.json() == {"order": {"order_id": "o", "amount": {"total": "100"}}}


async def test_why_an_answer_does_not_fit_is_logged_without_its_values(
    http: httpx.AsyncClient, network: Network
) -> None:
    network.backends["order"] = lambda _: {"order_id": {"secret": "hunter2"}}
    with structlog.testing.capture_logs() as logs:
        problem = assert_problem(await http.get(f"/orders/{uuid4()}"), 502, "backend_failed")
    assert problem["detail"] == "The backend order failed."
    (log,) = (each for each in logs if each["event"] == "answer does not fit")
    assert (log["backend"], log["where"]) == ("order", "order_id")
    assert "hunter2" not in str(logs)


@pytest.mark.parametrize(
    ("name", "path"),
    [
        ("a b", "/things/a%20b"),
        ("x%3Fadmin=1", "/things/x%3Fadmin=1"),
        ("x%23y", "/things/x%23y"),
        ("%252e%252e", "/things/%252e%252e"),
    ],
)
async def test_a_path_stays_a_path(
    http: httpx.AsyncClient, network: Network, name: str, path: str
) -> None:
    assert (await http.get(f"/named/{name}")).status_code == 200
    raw = network.requests[0].url.raw_path.decode()
    assert raw.partition("?")[0] == path
    assert network.requests[0].url.params["text"] == "a b&c=d"


@pytest.mark.parametrize("name", ["%2e%2e/admin", "a/%2e%2e/%2e%2e/b", "%2e/x"])
async def test_a_path_leads_nowhere_else(
    http: httpx.AsyncClient, network: Network, name: str
) -> None:
    assert_problem(await http.get(f"/named/{name}"), 404, "not_found")
    assert network.requests == []


async def test_every_route_takes_a_token(http: httpx.AsyncClient, network: Network) -> None:
    del http.headers["authorization"]
    for path in ("/home", f"/orders/{uuid4()}"):
        assert_problem(await http.get(path), 401, "unauthenticated")
    assert network.requests == []


async def test_the_document(http: httpx.AsyncClient) -> None:
    document = (await http.get("/openapi.json")).json()
    home = document["paths"]["/home"]["get"]
    assert home["security"] == [{"bearer": []}]
    assert home["description"] == "Everything at once."
    schemas = document["components"]["schemas"]
    content = home["responses"]["200"]["content"]["application/json"]
    assert content["schema"] == {"$ref": "#/components/schemas/Home"}
    assert schemas["Home"]["properties"]["products"] == {"$ref": "#/components/schemas/ProductPage"}
    assert schemas["Amount"]["properties"].keys() == {"total"}
    anywhere = {"400", "414", "429", "431", "503", "504"}
    expected = {"200", "401", "403", "404", "422", "502", *anywhere}
    assert set(home["responses"]) == expected
