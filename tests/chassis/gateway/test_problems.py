"""The gateway's own answers: problems with the members and headers of those of the units."""

from __future__ import annotations

import json
import socket
from contextlib import closing
from typing import Any

import httpx
import pytest
from chassis.http import problem

from tests.waiting import PATIENCE

from .gateways import Gateway
from .rendering import BURST


def assert_problem(answer: httpx.Response, status: int, rule: str) -> dict[str, Any]:
    assert answer.status_code == status, answer.text
    assert answer.headers["content-type"] == "application/problem+json"
    assert answer.headers["cache-control"] == "no-store"
    assert answer.headers["x-content-type-options"] == "nosniff"
    body: dict[str, Any] = answer.json()
    expected = problem.body_of(problem.Problem(status, rule, title=_title(status, rule)))
    assert {name: body[name] for name in expected} == expected
    return body


def _title(status: int, rule: str) -> str:
    """The title in a unit, which may have one for the status or one for the rule."""
    of_status = problem.of_status(status)
    return of_status.title if of_status.rule == rule != "not_found" else problem.words(rule)


@pytest.mark.parametrize(
    ("path", "claims", "status", "rule"),
    [
        ("/orders/a?q=1", {"iss": "https://evil.example"}, 401, "unauthenticated"),
        ("/orders/a?q=1", {"aud": "other"}, 403, "forbidden"),
        ("/unknown/a?q=1", {}, 404, "not_found"),
        ("/orders/metrics?q=1", {}, 404, "not_found"),
        ("/nobody/a?q=1", {}, 503, "unavailable"),
        ("/orders/slow?seconds=3600", {}, 504, "timeout"),
    ],
)
def test_a_problem_names_the_path_without_its_query(
    gateway: Gateway, path: str, claims: dict[str, object], status: int, rule: str
) -> None:
    answer = gateway.ask("GET", path, gateway.token(**claims))
    body = assert_problem(answer, status, rule)
    assert body["instance"] == path.partition("?")[0]
    assert body["correlation_id"] == answer.headers["x-request-id"]


@pytest.mark.parametrize(
    ("path", "headers"), [("/orders/a%2Fb?q=1", {}), ("/orders/a", {"x_caller": "root"})]
)
def test_a_bad_request(gateway: Gateway, path: str, headers: dict[str, str]) -> None:
    """If it cannot be parsed, it has no path."""
    body = assert_problem(
        gateway.ask("GET", path, gateway.token(), headers=headers), 400, "bad_request"
    )
    assert body.get("instance", "/orders/a").startswith("/orders/a")
    assert None not in body.values()


def test_too_many_requests(gateway: Gateway) -> None:
    token = gateway.token()
    answers = [gateway.ask("GET", "/orders/limited?q=1", token) for _ in range(2 * BURST)]
    refused = next(answer for answer in answers if answer.status_code == 429)
    assert assert_problem(refused, 429, "too_many_requests")["instance"] == "/orders/limited"


def test_too_large_headers(gateway: Gateway) -> None:
    large = {"x-large": "x" * 40_000}
    answer = gateway.ask("GET", "/orders/a", gateway.token(), headers=large)
    body = assert_problem(answer, 431, "request_header_fields_too_large")
    assert None not in body.values()


def test_headers_that_do_not_end(gateway: Gateway) -> None:
    address = httpx.URL(gateway.url)
    with closing(socket.create_connection((address.host, address.port or 80), PATIENCE)) as client:
        client.sendall(b"GET /orders/a HTTP/1.1\r\nhost: gateway\r\n")
        received = b""
        while chunk := client.recv(65536):
            received += chunk
    head, _, content = received.partition(b"\r\n\r\n")
    assert b" 408 " in head.splitlines()[0]
    assert json.loads(content)["type"] == "urn:problem:request_timeout"


def test_the_gateways_health_and_preflights_are_not_cached_or_guessed(gateway: Gateway) -> None:
    answer = gateway.ask("GET", "/livez")
    assert answer.headers["cache-control"] == "no-store"
    assert answer.headers["x-content-type-options"] == "nosniff"


def test_a_unit_is_told_what_the_client_asked_for(gateway: Gateway) -> None:
    """It becomes the `instance` of its problems; nobody else can say it."""
    spoofed = {"x-envoy-original-path": "/evil"}
    answer = gateway.ask("GET", "/history/orders/1?q=1", gateway.token(), headers=spoofed)
    headers = [(name.encode(), value.encode()) for name, value in answer.json()["headers"].items()]
    scope = {"raw_path": b"/orders/1", "headers": headers}
    assert problem.instance_of(scope) == "/history/orders/1"
