"""The OpenAPI document of every unit of the shop is valid, and says all that the unit does."""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from uuid import uuid4

import httpx
import pytest
from chassis.testing.system import System

from tests.e2e.conftest import Project, shop
from tests.servers.openapi import home, try_out, validate

__all__ = ["shop"]

FRONTS = ("backoffice", "mobile", "web")  # their paths are below their names
AT_ONCE, RATE = 3, 45  # the gateway lets each caller send 50 requests in a second


@pytest.fixture(scope="module")
def system(shop: Project) -> Iterator[System]:
    home()
    shop.make("up")
    yield System.running(shop.root)
    shop.make("down")


def document_of(system: System, unit: str) -> str:
    return f"{system.url}/openapi/{unit.replace('_', '-')}.json"


def test_the_documents_are_valid(system: System, tmp_path: Path) -> None:
    for unit in system.units:
        headers = {"Authorization": f"Bearer {system.token(sub=uuid4())}"}
        document = httpx.get(document_of(system, unit), headers=headers, trust_env=False).json()
        operations = [each for path in document["paths"].values() for each in path.values()]
        assert all(each["summary"] and each["tags"] for each in operations)
        validate(document, tmp_path)


def test_nothing_fails_and_nothing_is_undocumented(system: System, tmp_path: Path) -> None:
    """Through the gateway."""

    def tried(unit: str) -> str:
        url = f"{system.url}/{unit}" if unit in FRONTS else system.url
        token = system.token("customer", "merchant", sub=uuid4())
        document = document_of(system, unit)
        folder = tmp_path / unit
        folder.mkdir()
        return try_out(document, url, token, examples=20, rate=RATE, folder=folder)

    with ThreadPoolExecutor(AT_ONCE) as threads:
        found = list(threads.map(tried, system.units))
    assert all("passed" in each for each in found)
