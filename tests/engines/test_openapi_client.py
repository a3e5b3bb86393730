"""Clients that a common generator makes of the shop's documents shop at the running shop."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from uuid import uuid4

import pytest
from chassis.testing.system import System

from tests.e2e.conftest import ROOT, Project, shop
from tests.servers.openapi import generate_client, run_script

__all__ = ["shop"]

SHOPPING = Path(__file__).with_name("shopping.py")
UNITS = ("product", "inventory", "cart", "order_history")


@pytest.fixture(scope="module")
def clients(shop: Project, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder with the package `clients`, which has one package for each unit."""
    folder = tmp_path_factory.mktemp("generated")
    (folder / "clients").mkdir()
    for path in (shop.root / "contracts" / "openapi").glob("*.json"):
        generate_client(path, folder / "clients" / path.stem)
    return folder


@pytest.fixture(scope="module")
def system(shop: Project) -> Iterator[System]:
    shop.make("up")
    yield System.running(shop.root)
    shop.make("down")


def test_they_order_and_understand_a_refusal(shop: Project, system: System, clients: Path) -> None:
    """Through the gateway; the documents say where it has each unit."""

    def address(unit: str) -> str:
        path = shop.root / "contracts" / "openapi" / f"{unit}.json"
        (server,) = json.loads(path.read_text())["servers"]
        return f"{system.url}{server['url']}"

    customer = uuid4()
    printed = run_script(
        SHOPPING,
        *(address(unit) for unit in UNITS),
        system.token("merchant", sub=uuid4()),
        system.token("customer", sub=customer),
        str(customer),
        packages=(clients, ROOT),
    )
    assert printed.splitlines() == ["39.80", "409 urn:problem:cart_is_not_empty"]
