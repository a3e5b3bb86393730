"""The shop on the engines of its spec: Kafka, PostgreSQL, MongoDB, Redis and Cassandra at once."""

from __future__ import annotations

import re
import shutil
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest

from tests.e2e.conftest import Project
from tests.trees import tracked_files

ROOT = Path(__file__).parents[2]
EXAMPLE = ROOT / "examples" / "shop"
ENGINES = ("kafka", "postgres", "mongodb", "redis", "cassandra")


@pytest.fixture(scope="module")
def shop(tmp_path_factory: pytest.TempPathFactory) -> Project:
    root = tmp_path_factory.mktemp("engines") / "shop"
    for path in tracked_files(EXAMPLE):
        (root / path).parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(EXAMPLE / path, root / path)
    return Project(root)


@pytest.fixture(scope="module")
def servers(request: pytest.FixtureRequest) -> dict[str, str]:
    """The variables that a user sets."""
    urls = {engine: request.getfixturevalue(f"{engine}_url") for engine in ENGINES}
    urls["postgresql"] = urls.pop("postgres")
    return {"ENGINES": "real"} | {f"{name.upper()}_URL": url for name, url in urls.items()}


@pytest.fixture(scope="module")
def running(shop: Project, servers: dict[str, str]) -> Iterator[Project]:
    shop.make("up", **servers)
    yield shop
    shop.run("down")


def test_its_scenarios_and_its_own_tests_pass(running: Project, servers: dict[str, str]) -> None:
    printed = running.make("smoke")
    assert "status=shipped, total=39.80" in printed
    assert "3 passed" in printed
    assert not list((running.root / ".local" / "data").iterdir())
    printed = running.make("test", **servers)
    assert re.search(r"\d+ passed", printed)
    assert "skipped" not in printed


def test_the_documented_statements_show_its_data(running: Project, servers: dict[str, str]) -> None:
    (section,) = re.findall(
        r"^## PostgreSQL$(.*?)^## ", (ROOT / "docs" / "engines.md").read_text(), re.M | re.S
    )
    (block,) = re.findall(r"```sql\n(.*?)```", section, re.DOTALL)
    with psycopg.connect(servers["POSTGRESQL_URL"]) as connection:
        found = [
            connection.execute(statement.encode()).fetchall()
            for statement in block.split(";")
            if statement.strip()
        ]
    payments, events, _ = found
    assert {status for status, *_ in payments} >= {"captured"}
    assert {kind for _, _, kind, _ in events} >= {"shop.order.OrderPlaced.v1"}


def test_two_processes_a_unit_go_on_with_the_data_of_one(
    running: Project, servers: dict[str, str]
) -> None:
    running.make("down")
    running.make("up", REPLICAS="2", **servers)
    assert "3 passed" in running.make("smoke")
