"""`ENGINES=real` without a URL: if a Docker engine answers, servers are started in containers."""

from __future__ import annotations

import json
import os
import socket
from pathlib import Path
from typing import Any

import pytest

from .projects import Project

DOCKER = Path(__file__).with_name("docker")
ENGINES = """
[engines]
event_hub = "kafka"
[engines.stores]
order = "postgresql"
"""
SECRETS = """\
mkdir -p .local/secrets
echo kafka://kafka:9092 > .local/secrets/kafka_url
echo 'postgresql://shop:secret@postgresql:5432/shop' > .local/secrets/postgresql_url
"""
ENV: dict[str, Any] = {"ENGINES": "real", "PATH": f"{DOCKER}:{os.environ['PATH']}"}


@pytest.fixture
def composed(shop: Project) -> Project:
    """A project with what describes its servers in containers, on a machine with Docker."""
    with (shop.root / "topology.toml").open("a") as file:
        file.write(ENGINES)
    deploy = shop.root / "deploy"
    deploy.mkdir()
    for name in ("compose.yaml", "compose.engines.yaml"):
        (deploy / name).touch()
    (deploy / "secrets.sh").write_text(SECRETS)
    return shop


def calls(project: Project) -> list[str]:
    """The commands of Docker Compose that changed something, without what all of them have."""
    lines = (project.root / "docker.log").read_text().splitlines()
    files = "--file deploy/compose.yaml --file deploy/compose.engines.yaml "
    return [line.partition(files)[2] for line in lines if files in line]


def kept(project: Project) -> dict[str, Any]:
    return dict(json.loads((project.root / ".local" / "compose.json").read_bytes()))


def url(project: Project, engine: str) -> str:
    return (project.root / ".local" / "urls" / engine).read_text()


def test_only_servers_without_a_url_are_started(composed: Project) -> None:
    said = composed.run("up", POSTGRESQL_URL="postgresql://127.0.0.1/x", **ENV)
    port = kept(composed)["ports"]["kafka"]
    assert calls(composed) == [f"up --detach --wait kafka KAFKA_PORT={port}"]
    assert f"kafka://127.0.0.1:{port}" in said
    assert url(composed, "kafka") == f"kafka://127.0.0.1:{port}"
    assert url(composed, "postgresql") == "postgresql://127.0.0.1/x"
    assert [each["name"] for each in composed.state["plan"]["processes"]] == ["shop", "gateway"]


def test_passwords_are_the_owners(composed: Project) -> None:
    said = composed.run("up", **ENV)
    port = kept(composed)["ports"]["postgresql"]
    assert url(composed, "postgresql") == f"postgresql://shop:secret@127.0.0.1:{port}/shop"
    assert "secret" not in said
    assert "secret" not in json.dumps([composed.state, kept(composed)])


def test_down_stops_them_and_keeps_their_data_unless_asked(composed: Project) -> None:
    composed.run("up", **ENV)
    first = kept(composed)
    composed.run("down", **ENV)
    assert calls(composed)[-1].startswith("down KAFKA_PORT")
    composed.run("up", **ENV)
    assert kept(composed) == first
    composed.run("down", "--volumes", **ENV)
    assert calls(composed)[-2:] == [
        f"down KAFKA_PORT={first['ports']['kafka']}",
        f"down --volumes KAFKA_PORT={first['ports']['kafka']}",
    ]
    composed.run("up", **ENV)
    assert kept(composed)["project"] != first["project"]


def test_data_is_removed_when_nothing_runs(composed: Project) -> None:
    assert "nothing is running" in composed.run("down", "--volumes", **ENV)
    composed.run("up", **ENV)
    composed.run("down", **ENV)
    assert "nothing is running" in composed.run("down", "--volumes", **ENV)
    assert calls(composed)[-1].startswith("down --volumes")


def test_a_port_that_is_in_use_is_replaced(composed: Project) -> None:
    composed.run("up", **ENV)
    composed.run("down", **ENV)
    before = kept(composed)["ports"]
    with socket.create_server(("127.0.0.1", before["kafka"])):
        composed.run("up", **ENV)
    after = kept(composed)["ports"]
    assert after["kafka"] != before["kafka"]
    assert after["postgresql"] == before["postgresql"]


def test_up_again_starts_those_that_were_stopped(composed: Project) -> None:
    composed.run("up", **ENV)
    assert "is running already" in composed.run("up", **ENV)
    first, second = calls(composed)
    assert first == second


def test_containers_that_docker_has_started_again_are_not_forgotten(composed: Project) -> None:
    """As after a restart of the machine: nothing but they run."""
    composed.run("up", **ENV)
    for process in composed.running():
        process.kill()
    composed.run("up", PATH=ENV["PATH"])
    assert [call.partition(" ")[0] for call in calls(composed)] == ["up", "down"]


def test_down_needs_no_docker_if_its_engine_has_ended(composed: Project) -> None:
    composed.run("up", **ENV)
    assert "is down" in composed.run("down", DOCKER_HOST="none", **ENV)
    assert len(calls(composed)) == 1
    said = composed.run("down", "--volumes", DOCKER_HOST="none", code=1, **ENV)
    assert "Docker Compose cannot stop the servers" in said


def test_what_cannot_be_started_is_undone(composed: Project) -> None:
    said = composed.run("up", DOCKER_UP="1", code=1, **ENV)
    assert "Docker Compose cannot start the servers" in said
    assert [call.partition(" ")[0] for call in calls(composed)] == ["up", "down"]
    assert composed.running() == []
    assert not (composed.root / ".local" / "state.json").exists()


def test_secrets_that_cannot_be_written_are_told(composed: Project) -> None:
    (composed.root / "deploy" / "secrets.sh").write_text("echo no room >&2; exit 1")
    assert "no room\nthe secrets of the servers cannot be written" in composed.run(
        "up", code=1, **ENV
    )


def test_what_was_kept_is_checked(composed: Project) -> None:
    composed.run("up", **ENV)
    composed.run("down", **ENV)
    (composed.root / ".local" / "compose.json").write_text('{"ports": 1}')
    assert "compose.json cannot be used" in composed.run("up", code=1, **ENV)


@pytest.mark.parametrize("missing", ["the engine", "the description"])
def test_without_docker_servers_must_be_installed(
    composed: Project, tmp_path: Path, missing: str
) -> None:
    nothing = {"PATH": f"{DOCKER}:/usr/bin:/bin", "JAVA_HOME": str(tmp_path)}
    if missing == "the engine":
        nothing["DOCKER_HOST"] = "none"
    else:
        (composed.root / "deploy" / "compose.engines.yaml").unlink()
    said = composed.run("up", code=1, ENGINES="real", **nothing)
    assert "KAFKA_URL is not set, and Apache Kafka is not installed: unpack it" in said
    assert "if a Docker engine answers, all servers are started in containers" in said
