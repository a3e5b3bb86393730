"""The end-to-end client against a running (toy) system."""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal
from enum import StrEnum
from pathlib import Path
from uuid import UUID, uuid4

import pytest
from chassis.embedded.errors import EmbeddedError
from chassis.testing.matching import same
from chassis.testing.system import System

from .projects import Project


class Status(StrEnum):
    SHIPPED = "shipped"
    LOST = "lost"


@pytest.fixture(scope="module")
def system(running: Project) -> Iterator[System]:
    system = System.running(running.root)
    yield system
    system.close()


def test_callers_do_things_and_it_is_told(
    system: System, capsys: pytest.CaptureFixture[str]
) -> None:
    alice = system.caller("customer")
    product = uuid4()
    answer = alice.post("/order/put", product_id=product, price=Decimal("1.10"), path="/x", n=[1])
    assert answer["echo"] == {
        "product_id": str(product),
        "price": "1.10",
        "path": "/x",
        "n": [1],
    }
    assert alice.get("/order/env")["ISSUER"] == "https://id.shop.example"
    told = capsys.readouterr().out.splitlines()
    assert told[0].startswith("customer   POST /order/put 201  ")
    assert told[1].startswith("customer   GET  /order/env 200  ")
    assert "\x1b" not in told[0]


def test_a_read_model_is_waited_for(system: System, capsys: pytest.CaptureFixture[str]) -> None:
    bob = system.caller("customer")
    params = {"late": uuid4(), "open": True}
    row = bob.eventually("/order/rows", params, status=Status.SHIPPED, total=Decimal("39.8"))
    assert row["order_id"] == "1"
    assert bob.eventually("/order/rows", total=12.50, paid=False, lines=1)["order_id"] == "2"
    assert "status=shipped, total=39.8" in capsys.readouterr().out


def test_a_command_waits_for_what_it_needs(
    system: System, capsys: pytest.CaptureFixture[str]
) -> None:
    alice = system.caller("customer")
    assert alice.post(f"/order/late/{uuid4()}")["echo"] == {}
    alice.request("GET", "/order/env", quiet=True)
    assert len(capsys.readouterr().out.splitlines()) == 1


def test_what_never_comes_is_told_with_the_last_answer(system: System) -> None:
    carol = system.caller("customer")
    with pytest.raises(AssertionError) as told:
        carol.eventually("/order/rows", None, 0.2, status=Status.LOST)
    assert "expected status=lost" in str(told.value)
    assert "39.80" in str(told.value)
    with pytest.raises(AssertionError, match="issuer: expected x, but it is missing"):
        carol.eventually("/order/env", None, 0.1, issuer="x")
    with pytest.raises(AssertionError, match="last response: 404"):
        carol.eventually("/order/nothing", None, 0.1, a=1)


def test_refusals(system: System) -> None:
    dave = system.caller("customer")
    assert dave.refused("POST", "/order/refuse", 409)["type"] == "urn:problem:order_is_open"
    assert dave.refused("GET", "/order/nothing", 404)["status"] == 404
    with pytest.raises(AssertionError, match="expected a problem with status 403, got 409"):
        dave.refused("POST", "/order/refuse", 403)
    with pytest.raises(AssertionError, match="POST /order/refuse: got 409"):
        dave.post("/order/refuse")


def test_who_is_who(system: System) -> None:
    erin, frank = system.caller("customer"), system.caller("merchant")
    assert erin.id != frank.id
    assert erin.name != frank.name
    assert system.caller("customer", sub=erin.id).id == erin.id
    assert system.anonymous().token is None
    with pytest.raises(EmbeddedError, match="no role 'king'"):
        system.caller("king")


def test_a_unit_can_be_asked_past_the_gateway(system: System) -> None:
    answer = system.anonymous().request("GET", f"{system.units['order']}/env")
    assert answer.status == 200
    assert answer.headers["content-type"] == "application/json"


def test_nothing_runs(shop: Project) -> None:
    with pytest.raises(EmbeddedError, match="run `make up`"):
        System.running(shop.root)


def test_a_missing_project(tmp_path: Path) -> None:
    with pytest.raises(EmbeddedError, match="run `make up`"):
        System.running(tmp_path)


@pytest.mark.parametrize(
    ("actual", "expected", "is_same"),
    [
        ("39.8", Decimal("39.80"), True),
        (Decimal("39.8"), 39.80, True),
        (40, Decimal("40.00"), True),
        ("x", Decimal(1), False),
        (True, 1, False),
        (1, True, False),
        (True, True, True),
        ("shipped", Status.SHIPPED, True),
        (
            "8d3c1c0e-0000-4000-8000-000000000001",
            UUID("8D3C1C0E-0000-4000-8000-000000000001"),
            True,
        ),
        (None, None, True),
        (0, None, False),
        ([{"a": "1.0"}], [{"a": Decimal(1)}], True),
        ([{"a": "1.0"}], [], False),
        ("1", "1", True),
        (1, "1", False),
    ],
)
def test_json_means_values(actual: object, expected: object, is_same: bool) -> None:
    assert same(actual, expected) is is_same
