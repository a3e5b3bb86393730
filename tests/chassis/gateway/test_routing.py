"""Where requests go, what is repeated, how long is waited, and what is written about it."""

from __future__ import annotations

import http.client
import time
from contextlib import closing
from pathlib import Path

import httpx
import pytest
from chassis import deadline

from tests.waiting import PATIENCE

from . import gateways
from .gateways import Gateway
from .rendering import ORIGIN, TIMEOUT_MS, render


@pytest.mark.parametrize(
    ("path", "arrives_as"),
    [
        ("/orders", "/orders"),
        ("/orders/", "/orders/"),
        ("/orders?page=2", "/orders?page=2"),
        ("/orders///1", "/orders/1"),
        ("/orders/a/../b", "/orders/b"),
        ("/orders/./a%20b?q=%2F", "/orders/a%20b?q=%2F"),
        ("/history/orders/1", "/orders/1"),
        ("/history", "/"),
        ("/history/", "/"),
        ("/history?page=2", "/?page=2"),
        ("/history//orders///1", "/orders/1"),
        ("/history/a/../b", "/b"),
        ("/history/./a%20b?q=%2F", "/a%20b?q=%2F"),
        ("/openapi/order.json", "/openapi.json"),
        ("/openapi/order_history.json", "/openapi.json"),
    ],
)
def test_a_unit_is_asked_for_the_path_or_for_what_is_below_its_prefix(
    gateway: Gateway, path: str, arrives_as: str
) -> None:
    assert gateway.ask("GET", path, gateway.token()).json()["path"] == arrives_as


def test_a_prefix_ends_at_a_slash(gateway: Gateway) -> None:
    token = gateway.token()
    gateway.ask("GET", "/history/mine", token)
    assert len(gateway.order_history.asked("/mine")) == 1
    assert gateway.ask("GET", "/historys", token).status_code == 404
    assert gateway.ask("GET", "/orders-of", token).status_code == 404
    assert gateway.ask("GET", "/openapi/order.json/x", token).status_code == 404


def test_an_unknown_path_is_not_found_and_without_a_token_not_told(gateway: Gateway) -> None:
    answer = gateway.ask("GET", "/unknown", gateway.token())
    assert (answer.status_code, answer.json()["type"]) == (404, "urn:problem:not_found")
    assert gateway.ask("GET", "/unknown").status_code == 401


@pytest.mark.parametrize("path", ["/orders/a%2Fb", "/orders/a%5cb", "/orders/..%2F..%2Fadmin"])
def test_escaped_slashes_are_refused(gateway: Gateway, path: str) -> None:
    answer = gateway.ask("GET", path, gateway.token())
    assert (answer.status_code, answer.json()["type"]) == (400, "urn:problem:bad_request")


def test_header_names_with_underscores_are_refused(gateway: Gateway) -> None:
    """To many servers `x_caller` is `x-caller`."""
    answer = gateway.ask("GET", "/orders/a", gateway.token(), headers={"x_caller": "root"})
    assert answer.status_code == 400


def test_too_large_headers_are_refused(gateway: Gateway) -> None:
    answer = gateway.ask("GET", "/orders/a", gateway.token(), headers={"x-large": "x" * 40_000})
    assert answer.status_code == 431
    assert answer.headers["content-type"] == "application/problem+json"


def test_the_caller_is_told_by_the_gateway_alone(gateway: Gateway) -> None:
    spoofed = {"x-caller": "root", "x-envoy-retry-on": "5xx", "x-correlation-id": "mine"}
    token = gateway.token(sub="8d3c1c0e-0000-4000-8000-000000000001")
    answer = gateway.ask("GET", "/orders/who", token, headers=spoofed)
    headers = answer.json()["headers"]
    assert headers["x-caller"] == "8d3c1c0e-0000-4000-8000-000000000001"
    assert headers["x-correlation-id"] == answer.headers["x-request-id"] != "mine"
    assert "x-envoy-retry-on" not in headers
    answer = gateway.ask("GET", "/orders/who", gateway.token(sub=None), headers=spoofed)
    assert "x-caller" not in answer.json()["headers"]


def test_the_answer_tells_nothing_of_the_inside(gateway: Gateway) -> None:
    headers = gateway.ask("GET", "/orders/a", gateway.token()).headers
    assert headers["server"] == "gateway"
    assert not [name for name in headers if name.startswith("x-envoy")]


@pytest.mark.parametrize("method", ["GET", "HEAD"])
@pytest.mark.parametrize("trouble", ["status?code=503&starting=1", "drop?drop=1"])
def test_reads_are_repeated(gateway: Gateway, method: str, trouble: str) -> None:
    path = f"/orders/{trouble}&{method}"
    answer = gateway.ask(method, path, gateway.token())
    assert answer.status_code == 503
    assert "x-envoy-immediate-health-check-fail" not in answer.headers
    assert len(gateway.order.asked(path)) == 3


def test_an_overloaded_unit_is_not_asked_again(gateway: Gateway) -> None:
    path = "/orders/status?code=503&overloaded"
    assert gateway.ask("GET", path, gateway.token()).status_code == 503
    assert len(gateway.order.asked(path)) == 1


def test_a_service_knows_how_long_the_gateway_waits(gateway: Gateway) -> None:
    forever = {"x-envoy-expected-rq-timeout-ms": "3600000"}
    headers = gateway.ask("GET", "/orders/a", gateway.token(), headers=forever).json()["headers"]
    assert 0 < int(headers[deadline.HEADER]) <= TIMEOUT_MS


def test_a_command_that_a_starting_unit_refused_is_sent_again(gateway: Gateway) -> None:
    """It was not carried out, and another instance may have started."""
    path = f"/orders/status?code=503&starting=1&{time.time()}"
    assert gateway.ask("POST", path, gateway.token()).status_code == 503
    assert len(gateway.order.asked(path)) == 3


def test_commands_are_never_repeated(gateway: Gateway) -> None:
    path = f"/orders/drop?drop=1&{time.time()}"
    insisting = {"x-envoy-retry-on": "5xx,reset", "x-envoy-max-retries": "5"}
    answer = gateway.ask("POST", path, gateway.token(), headers=insisting)
    assert answer.status_code == 503
    assert len(gateway.order.asked(path)) == 1


@pytest.mark.parametrize("method", ["GET", "POST"])
def test_a_slow_service_is_not_waited_for(gateway: Gateway, method: str) -> None:
    patient = {"x-envoy-upstream-rq-timeout-ms": "60000"}
    answer = gateway.ask(method, "/orders/slow?seconds=3600", gateway.token(), headers=patient)
    assert (answer.status_code, answer.json()["type"]) == (504, "urn:problem:timeout")


@pytest.mark.parametrize("method", ["GET", "POST"])
def test_a_service_that_is_down_is_unavailable(gateway: Gateway, method: str) -> None:
    answer = gateway.ask(method, "/nobody/a", gateway.token())
    assert answer.status_code == 503
    assert answer.headers["content-type"] == "application/problem+json"
    assert answer.headers["retry-after"] == "1"
    assert answer.json() == {
        "type": "urn:problem:unavailable",
        "title": "Unavailable",
        "status": 503,
        "instance": "/nobody/a",
        "correlation_id": answer.headers["x-request-id"],
    }


def test_one_failing_instance_is_better_than_none(gateway: Gateway) -> None:
    for _ in range(8):
        gateway.ask("POST", "/history/status?code=503", gateway.token())
    assert gateway.ask("GET", "/history/a", gateway.token()).status_code == 200


def test_the_access_log_says_who_did_what(gateway: Gateway) -> None:
    parent = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01"
    token = gateway.token(sub="8d3c1c0e-0000-4000-8000-000000000002")
    answer = gateway.ask("GET", "/orders/orders?secret=1", token, headers={"traceparent": parent})
    line = gateway.logged(answer.headers["x-request-id"])
    assert {name: line[name] for name in ("method", "path", "status", "route", "caller")} == {
        "method": "GET",
        "path": "/orders/orders",
        "status": 200,
        "route": "order",
        "caller": "8d3c1c0e-0000-4000-8000-000000000002",
    }
    assert line["traceparent"] == parent
    assert "ms" in line


def test_the_gateways_own_health_is_open(gateway: Gateway) -> None:
    assert gateway.ask("GET", "/livez").status_code == 200


@pytest.mark.parametrize("inside", ["livez", "readyz", "metrics"])
def test_the_health_and_the_metrics_of_units_are_hidden(gateway: Gateway, inside: str) -> None:
    """However they are written; and what only resembles them is not."""
    headers = {"authorization": f"Bearer {gateway.token()}"}
    address = httpx.URL(gateway.url)

    def status(method: str, path: str) -> int:
        """Send the path as it is, which an ordinary client does not."""
        connection = http.client.HTTPConnection(address.host, address.port, timeout=PATIENCE)
        with closing(connection):
            connection.request(method, path, headers=headers)
            return connection.getresponse().status

    encoded = f"%{ord(inside[0]):x}{inside[1:]}"
    for path in (inside, f"{inside}?a=b", f"./{inside}", f"a/../{inside}", f"/{inside}", encoded):
        for method in ("GET", "HEAD", "POST"):
            assert status(method, f"/orders/{path}") == 404, path
    assert status("GET", f"/orders/{inside}-of-orders") == 200
    assert status("GET", f"/orders/a/{inside}") == 200


def test_browsers_of_the_known_origin_may_ask(gateway: Gateway) -> None:
    asked = {"access-control-request-method": "POST"}
    answer = gateway.ask("OPTIONS", "/orders/a", headers={"origin": ORIGIN, **asked})
    assert answer.headers["access-control-allow-origin"] == ORIGIN
    evil = {"origin": "https://evil.example"}
    answer = gateway.ask("OPTIONS", "/orders/a", headers={**evil, **asked})
    assert answer.status_code == 401
    assert "access-control-allow-origin" not in answer.headers
    answer = gateway.ask("GET", "/orders/a", gateway.token(), headers=evil)
    assert "access-control-allow-origin" not in answer.headers


def test_without_limit_and_cors_and_with_an_odd_issuer(tmp_path: Path) -> None:
    issuer = 'https://id.example/"#: {x}'
    config = render(rate_limit=False, cors=(), issuer=issuer)
    with gateways.running(tmp_path, config) as gateway:
        token = gateway.token(iss=issuer)
        answers = {gateway.ask("GET", "/orders/a", token).status_code for _ in range(50)}
    assert answers == {200}
