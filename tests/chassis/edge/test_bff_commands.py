"""Commands through a backend-for-frontend: sent once, with what the unit says to them."""

from __future__ import annotations

import json
import socket
from collections.abc import AsyncIterator
from uuid import uuid4

import httpx
import pytest
import pytest_asyncio
from chassis.connections import BackendFailed, Connections
from chassis.http_client import HttpClient

from . import tokens
from .harness import assert_problem
from .test_bff import TIMEOUT, Backend, Network, _never, _problem, _unreachable, http, network

__all__ = ["http", "network"]

PRODUCT = str(uuid4())
ITEM = {"product_id": PRODUCT, "quantity": 2}
OUTCOME = {"customer_id": tokens.SUBJECT, "version": 3, "events": ["ItemPutInCart"]}


@pytest.fixture(autouse=True)
def cart(network: Network) -> None:
    network.backends["cart"] = lambda _: httpx.Response(200, json=OUTCOME, headers={"etag": '"3"'})


async def test_a_command_is_what_the_client_and_the_endpoint_say(
    http: httpx.AsyncClient, network: Network
) -> None:
    answer = await http.post("/cart/items", json=ITEM)
    assert (answer.status_code, answer.json()) == (200, OUTCOME)
    assert answer.headers["etag"] == '"3"'
    assert "location" not in answer.headers
    (request,) = network.requests
    assert request.method == "POST"
    assert str(request.url) == f"http://cart/carts/{tokens.SUBJECT}/put-item"
    assert json.loads(request.content) == {**ITEM, "by": tokens.SUBJECT}
    assert request.headers["content-type"] == "application/json"
    assert request.headers["authorization"] == http.headers["authorization"]
    assert request.headers["x-correlation-id"] == answer.headers["x-correlation-id"]
    assert "x-envoy-expected-rq-timeout-ms" in request.headers
    assert {"idempotency-key", "if-match"}.isdisjoint(request.headers)


async def test_a_command_without_a_body_and_with_a_method_of_its_own(
    http: httpx.AsyncClient, network: Network
) -> None:
    assert (await http.delete("/home")).json() == OUTCOME
    (request,) = network.requests
    assert (request.method, json.loads(request.content)) == ("DELETE", {})
    assert str(request.url) == f"http://cart/carts/{tokens.SUBJECT}"


async def test_conditions_are_passed_on(http: httpx.AsyncClient, network: Network) -> None:
    headers = [("idempotency-key", "one"), ("if-match", '"1"'), ("if-match", '"2"')]
    assert (await http.post("/cart/items", json=ITEM, headers=headers)).status_code == 200
    (request,) = network.requests
    assert request.headers["idempotency-key"] == "one"
    assert request.headers["if-match"] == '"1", "2"'


async def test_decimals_stay_exact(http: httpx.AsyncClient, network: Network) -> None:
    content = json.dumps(ITEM)[:-1] + ', "price": 1.10000000000000000001}'
    headers = {"content-type": "application/json"}
    assert (await http.post("/cart/items", content=content, headers=headers)).status_code == 200
    assert json.loads(network.requests[0].content)["price"] == "1.10000000000000000001"


async def test_a_new_thing_is_found_at_the_gateway(
    http: httpx.AsyncClient, network: Network
) -> None:
    network.backends["cart"] = lambda _: httpx.Response(
        201, json=OUTCOME, headers={"location": "/carts/7"}
    )
    answer = await http.post("/cart/items", json=ITEM)
    assert answer.status_code == 201
    assert answer.headers["location"] == "/carts/7"


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({**ITEM, "quantity": 0}, "quantity"),
        ({"product_id": PRODUCT}, "quantity"),
        ({}, "product_id"),
        ({**ITEM, "by": "somebody"}, "by"),
        ({**ITEM, "quantity": "3"}, "quantity"),
        ({**ITEM, "quantity": True}, "quantity"),
        ({**ITEM, "price": 1e99}, "price"),
    ],
)
async def test_a_body_that_does_not_fit_is_not_sent(
    http: httpx.AsyncClient, network: Network, body: object, field: str
) -> None:
    problem = assert_problem(await http.post("/cart/items", json=body), 422, "invalid_request")
    assert problem["errors"][0]["field"] == field
    assert network.requests == []


@pytest.mark.parametrize(
    ("content", "kind", "status", "rule"),
    [
        (b"{", "application/json", 400, "malformed_json"),
        (b'{"quantity": 1, "quantity": 2}', "application/json", 400, "malformed_json"),
        (b"[]", "application/json", 422, "invalid_request"),
        (b"", "application/json", 422, "invalid_request"),
        (b"quantity=1", "application/x-www-form-urlencoded", 415, "unsupported_media_type"),
        (b"[" + b"1," * 16_000 + b"1]", "application/json", 413, "content_too_large"),
    ],
)
async def test_bodies_are_read_strictly(
    http: httpx.AsyncClient, network: Network, content: bytes, kind: str, status: int, rule: str
) -> None:
    headers = {"content-type": kind}
    assert_problem(await http.post("/cart/items", content=content, headers=headers), status, rule)
    assert network.requests == []


async def test_who_has_no_token_sends_no_command(http: httpx.AsyncClient, network: Network) -> None:
    del http.headers["authorization"]
    assert_problem(await http.post("/cart/items", content=b"{"), 401, "unauthenticated")
    assert_problem(await http.delete("/home"), 401, "unauthenticated")
    assert network.requests == []


@pytest.mark.parametrize(
    ("backend", "status", "rule"),
    [
        (lambda _: _problem(403, "forbidden"), 403, "forbidden"),
        (lambda _: _problem(409, "product_is_listed"), 409, "product_is_listed"),
        (lambda _: _problem(412, "version_mismatch"), 412, "version_mismatch"),
        (lambda _: _problem(422, "invalid_request"), 422, "invalid_request"),
        (lambda _: _problem(500, "internal_error"), 502, "backend_failed"),
        (lambda _: httpx.Response(503), 503, "backend_unavailable"),
        (lambda _: {"version": "new"}, 502, "backend_failed"),
        (lambda _: _never(), 504, "backend_too_slow"),
        (_unreachable, 502, "backend_failed"),
    ],
)
async def test_what_the_unit_says_is_passed_on_and_nothing_is_sent_twice(
    http: httpx.AsyncClient, network: Network, backend: Backend, status: int, rule: str
) -> None:
    network.backends["cart"] = backend
    problem = assert_problem(await http.post("/cart/items", json=ITEM), status, rule)
    assert problem["instance"] == "/cart/items"
    assert len(network.requests) == 1
    if status in (409, 422):
        assert problem["title"] == "A title"
        assert problem["errors"] == [{"field": "f", "message": "m"}]


def _reset(_: httpx.Request) -> httpx.Response:
    raise ConnectionResetError


async def test_another_copy_is_asked_only_if_nothing_was_sent(network: Network) -> None:
    connections = Connections({"order": ("http://a", "http://b")}, network, timeout=TIMEOUT)
    network.backends = {"a": _unreachable, "b": lambda _: {}}
    for _ in range(4):
        assert (await connections.send("POST", "order", "/x", {}, b"{}")).body == b"{}"
    network.backends["a"] = _reset
    network.requests.clear()
    connections = Connections({"order": ("http://a", "http://b")}, network, timeout=TIMEOUT)
    failed = 0
    for _ in range(2):
        try:
            await connections.send("POST", "order", "/x", {}, b"{}")
        except BackendFailed:
            failed += 1
    assert (failed, len(network.requests)) == (1, 2)


@pytest_asyncio.fixture
async def client() -> AsyncIterator[HttpClient]:
    client = HttpClient()
    yield client
    await client.close()


async def test_a_refused_connection_is_told_from_a_lost_one(client: HttpClient) -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
    with pytest.raises(ConnectionRefusedError):
        await client.fetch(f"http://127.0.0.1:{port}/", {}, b"{}")


async def test_the_document_has_what_a_client_needs(http: httpx.AsyncClient) -> None:
    document = (await http.get("/openapi.json")).json()
    put = document["paths"]["/cart/items"]["post"]
    assert put["security"] == [{"bearer": []}]
    schema = put["requestBody"]["content"]["application/json"]["schema"]
    assert schema == {"$ref": "#/components/schemas/PutItem"}
    quantity = document["components"]["schemas"]["PutItem"]["properties"]["quantity"]
    assert (quantity["minimum"], quantity["maximum"]) == (1, 99)
    assert put["parameters"] == [
        {"$ref": "#/components/parameters/IdempotencyKey"},
        {"$ref": "#/components/parameters/IfMatch"},
    ]
    for status, headers in (("200", {"ETag"}), ("201", {"ETag", "Location"})):
        found = put["responses"][status]
        schema = found["content"]["application/json"]["schema"]
        assert schema == {"$ref": "#/components/schemas/PutItemOutcome"}
        assert found["headers"].keys() == headers
    assert "urn:problem:product_is_listed" in put["responses"]["409"]["description"]
    assert {"401", "403", "404", "412", "415", "422", "502", "504"} <= put["responses"].keys()
    assert "201" not in document["paths"]["/home"]["delete"]["responses"]
