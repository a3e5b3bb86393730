"""`make up ENGINES=real` with Docker: units are processes, and servers containers."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Iterator
from typing import Any

import pytest
from chassis.testing.system import System

from tests.containers.conftest import containers, docker, published, resources
from tests.e2e.conftest import Project

SERVERS = {"cassandra", "kafka", "mongodb", "postgresql", "redis"}
ENV: dict[str, str] = {"ENGINES": "real"}


@pytest.fixture(scope="module")
def running(example: Project) -> Iterator[Project]:
    try:
        example.make("up", **ENV)
        yield example
    finally:
        example.run("down", "ARGS=--volumes")


@pytest.fixture
def redis_url() -> Iterator[str]:
    """The URL of a server that the project has not started."""
    id = docker("run", "--detach", "--publish", "127.0.0.1::6379", "redis:8-alpine").strip()
    try:
        (found,) = json.loads(docker("inspect", id))
        (binding,) = found["NetworkSettings"]["Ports"]["6379/tcp"]
        yield f"redis://127.0.0.1:{binding['HostPort']}"
    finally:
        docker("rm", "--force", "--volumes", id)


def kept(project: Project) -> dict[str, Any]:
    """The name of the Compose project, and the ports."""
    return dict(json.loads((project.root / ".local" / "compose.json").read_bytes()))


def test_only_servers_are_in_containers(running: Project) -> None:
    found = containers(kept(running)["project"])
    health = {name: each["State"]["Health"]["Status"] for name, each in found.items()}
    assert health == dict.fromkeys(SERVERS, "healthy")
    assert {name: set().union(*published(each).values()) for name, each in found.items()} == {
        name: {"127.0.0.1"} for name in SERVERS
    }
    assert running.state.started.keys() == {"shop", "gateway"}
    assert running.state.plan.servers.keys() == SERVERS


def test_its_scenarios_and_tests_pass(running: Project) -> None:
    printed = running.make("smoke")
    assert "status=shipped, total=39.80" in printed
    assert "3 passed" in printed
    assert not list((running.root / ".local" / "data").iterdir())
    assert "passed" in running.make("test", **ENV)


def test_the_doctor_knows_where_servers_come_from(running: Project) -> None:
    command = [sys.executable, "-m", "meshgen", "doctor", "--project", str(running.root)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    assert done.stdout.count("starts it in a container") == len(SERVERS)


def test_data_stays_and_a_url_comes_first(running: Project, redis_url: str) -> None:
    with System.session(running.root) as system:
        merchant = system.caller("merchant")
        product = {"name": "Jug", "category": "kitchen", "price": "7"}
        id = merchant.post("/product/products/list-product", **product)["product_id"]
        merchant.eventually("/catalog/product-details", {"product_id": id}, name="Jug")
    before = kept(running)
    running.make("down")
    assert resources(before["project"], "container", "network") == []
    assert len(resources(before["project"], "volume")) >= len(SERVERS)
    running.make("up", **ENV, REDIS_URL=redis_url)
    assert kept(running) == before
    assert containers(before["project"]).keys() == SERVERS - {"redis"}
    with System.session(running.root) as system:
        system.caller("customer").eventually(
            "/catalog/product-details", {"product_id": id}, name="Jug"
        )
    assert "3 passed" in running.make("smoke")


def test_zz_volumes_are_removed_when_asked(running: Project) -> None:
    project = kept(running)["project"]
    running.make("down", "ARGS=--volumes")
    assert resources(project) == []
    assert not (running.root / ".local" / "compose.json").exists()
