"""Which objectives requests miss, and which objectives they have."""

from __future__ import annotations

import pytest
from chassis.testing.load.objectives import Measured, Objectives, missed, objectives_of
from chassis.testing.load.routes import route

PROMISED = Objectives(availability=99.0, p95=200, p99=500)


def measured(*, requests: int = 1000, errors: int = 0, p95: float = 1, p99: float = 1) -> Measured:
    return Measured(name="GET /x", requests=requests, errors=errors, p95=p95, p99=p99)


def test_what_is_exactly_promised_is_met() -> None:
    assert not list(missed(measured(errors=10, p95=200, p99=500), PROMISED))


@pytest.mark.parametrize(
    ("found", "words"),
    [
        (measured(errors=11), "GET /x: 1.1 % failed, 1 % may fail"),
        (measured(p95=201), "GET /x: p95 is 201 ms, 200 ms are promised"),
        (measured(p99=501), "GET /x: p99 is 501 ms, 500 ms are promised"),
    ],
)
def test_each_miss_is_named(found: Measured, words: str) -> None:
    assert list(missed(found, PROMISED)) == [words]


def test_the_slowest_of_a_few_requests_does_not_decide() -> None:
    assert not list(missed(measured(requests=19, p95=900, p99=900), PROMISED))
    assert len(list(missed(measured(requests=20, p95=900, p99=900), PROMISED))) == 1
    assert len(list(missed(measured(requests=100, p95=900, p99=900), PROMISED))) == 2


def test_a_latency_that_is_not_promised_is_not_held() -> None:
    assert not list(missed(measured(p95=9000, p99=9000), Objectives(availability=99.0)))


def test_the_longest_path_counts() -> None:
    whole, unit, command = (Objectives(availability=a) for a in (99.0, 99.5, 99.9))
    by_path = {"/": whole, "/carts": unit, "/carts/{id}/check-out": command}
    assert objectives_of("/carts/{id}/check-out", by_path) is command
    assert objectives_of("/carts/{id}/put-item", by_path) is unit
    assert objectives_of("/carts", by_path) is unit
    assert objectives_of("/carts-of", by_path) is whole


@pytest.mark.parametrize(
    ("path", "counted"),
    [
        ("/carts/7f6e0c4e-5a35-4d4c-9c5e-0e7a2b1f6a11/check-out", "/carts/{id}/check-out"),
        ("/products", "/products"),
        ("/orders/7f6e0c4e-5a35-4d4c-9c5e-0e7a2b1f6a11", "/orders/{id}"),
        ("/web/home", "/web/home"),
    ],
)
def test_requests_are_counted_by_route(path: str, counted: str) -> None:
    assert route(path) == counted
