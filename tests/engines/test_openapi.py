"""OpenAPI documents are valid, and those of the shop say all that its units do."""

from __future__ import annotations

import json
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from uuid import uuid4

import pytest
from chassis.testing.system import System

from meshgen.operations.new import create
from tests.e2e.conftest import ROOT, Project, shop
from tests.openapi.specs import SPECS
from tests.servers.openapi import home, try_out, validate

__all__ = ["shop"]

AT_ONCE, RATE = 3, 45  # the gateway lets each caller send 50 requests in a second


@pytest.fixture(scope="module")
def system(shop: Project) -> Iterator[System]:
    home()
    shop.make("up")
    yield System.running(shop.root)
    shop.make("down")


@pytest.mark.parametrize("name", SPECS)
def test_the_contracts_are_valid(tmp_path: Path, name: str) -> None:
    root = create(tmp_path / "system", SPECS[name]).target
    validate(*(root / "contracts" / "openapi").glob("*.json"))


def test_an_invalid_document_is_found(tmp_path: Path) -> None:
    text = (ROOT / "examples/shop/contracts/openapi/order.json").read_text()
    wrong = tmp_path / "order.json"
    wrong.write_text(text.replace('"in": "path"', '"in": "nowhere"'))
    with pytest.raises(AssertionError, match="nowhere"):
        validate(wrong)


def test_nothing_fails_and_nothing_is_undocumented(
    shop: Project, system: System, tmp_path: Path
) -> None:
    """Through the gateway."""

    def tried(unit: str) -> str:
        contract = json.loads((shop.root / f"contracts/openapi/{unit}.json").read_text())
        url = f"{system.url}{contract['servers'][0]['url']}".rstrip("/")
        token = system.token("customer", "merchant", sub=uuid4())
        document = f"{system.url}/openapi/{unit.replace('_', '-')}.json"
        folder = tmp_path / unit
        folder.mkdir()
        return try_out(document, url, token, examples=20, rate=RATE, folder=folder)

    with ThreadPoolExecutor(AT_ONCE) as threads:
        found = list(threads.map(tried, system.units))
    assert all("passed" in each for each in found)
