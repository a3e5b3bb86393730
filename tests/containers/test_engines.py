"""`make up ENGINES=real` with Docker: units are processes, and servers containers."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from typing import Any

import pytest
from chassis.testing.system import System

from tests.containers.conftest import containers, docker, published, resources
from tests.e2e.conftest import Project

SERVERS = {"cassandra", "kafka", "mongodb", "postgresql"}
REDIS = ("redis:8-alpine", "redis-server", "--appendonly", "yes", "--appendfsync", "always")


@pytest.fixture(scope="module")
def env() -> Iterator[dict[str, str]]:
    """The variables of a user who has a Redis already."""
    id = docker("run", "--detach", "--publish=127.0.0.1::6379", *REDIS).strip()
    try:
        (found,) = json.loads(docker("inspect", id))
        (binding,) = found["NetworkSettings"]["Ports"]["6379/tcp"]
        url = f"redis://127.0.0.1:{binding['HostPort']}"
        yield {"ENGINES": "real", "REDIS_URL": url}
    finally:
        docker("rm", "--force", "--volumes", id)


@pytest.fixture(scope="module")
def running(example: Project, env: dict[str, str]) -> Iterator[Project]:
    try:
        example.make("up", **env)
        yield example
    finally:
        example.run("down", "ARGS=--volumes")


def kept(project: Project) -> dict[str, Any]:
    """The name of the Compose project, and the ports."""
    return dict(json.loads((project.root / ".local" / "compose.json").read_bytes()))


def test_only_servers_without_a_url_are_in_containers(
    running: Project, env: dict[str, str]
) -> None:
    found = containers(kept(running)["project"])
    health = {name: each["State"]["Health"]["Status"] for name, each in found.items()}
    assert health == dict.fromkeys(SERVERS, "healthy")
    assert {name: set().union(*published(each).values()) for name, each in found.items()} == {
        name: {"127.0.0.1"} for name in SERVERS
    }
    assert running.state.started.keys() == {"shop", "gateway"}
    assert running.state.plan.servers.keys() == SERVERS | {"redis"}
    assert running.state.plan.servers["redis"] == env["REDIS_URL"]


def test_its_scenarios_and_tests_pass(running: Project, env: dict[str, str]) -> None:
    printed = running.make("smoke")
    assert "status=shipped, total=39.80" in printed
    assert "3 passed" in printed
    assert not list((running.root / ".local" / "data").iterdir())
    assert "passed" in running.make("test", **env)


def test_the_doctor_knows_where_servers_come_from(running: Project, env: dict[str, str]) -> None:
    command = [sys.executable, "-m", "meshgen", "doctor", "--project", str(running.root)]
    done = subprocess.run(
        command, env={**os.environ, **env}, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stdout + done.stderr
    assert done.stdout.count("starts it in a container") == len(SERVERS)
    assert "REDIS_URL: 127.0.0.1:" in done.stdout


def test_data_stays_when_the_servers_are_stopped(running: Project, env: dict[str, str]) -> None:
    with System.session(running.root) as system:
        merchant = system.caller("merchant")
        product = {"name": "Jug", "category": "kitchen", "price": "7"}
        id = merchant.post("/products", **product)["product_id"]
        merchant.eventually(f"/catalog/{id}", name="Jug")
    before = kept(running)
    running.make("down")
    assert resources(before["project"], "container", "network") == []
    assert len(resources(before["project"], "volume")) == len(SERVERS)
    running.make("up", **env)
    assert kept(running) == before
    with System.session(running.root) as system:
        customer = system.caller("customer")
        customer.eventually(f"/catalog/{id}", name="Jug")
    assert "3 passed" in running.make("smoke")


def test_zz_volumes_are_removed_when_asked(running: Project) -> None:
    project = kept(running)["project"]
    running.make("down", "ARGS=--volumes")
    assert resources(project) == []
    assert not (running.root / ".local" / "compose.json").exists()
