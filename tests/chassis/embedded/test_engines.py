"""`ENGINES=real`: units run on servers that are there, whose URLs only they can read."""

from __future__ import annotations

import json
import stat
import urllib.request
from pathlib import Path
from typing import Any

import pytest
from chassis.embedded.engines import choose, shown
from chassis.embedded.errors import EmbeddedError
from chassis.embedded.options import Options
from chassis.embedded.paths import ProjectPaths
from chassis.embedded.topology import Engines

from .projects import Project

KAFKA, POSTGRESQL = "kafka://u:secret@127.0.0.1:9092", "postgresql://u:secret@127.0.0.1/shop"
ENGINES = """
[engines]
event_hub = "kafka"
[engines.stores]
order = "postgresql"
"""


@pytest.fixture
def made_for_servers(shop: Project) -> Project:
    """A project with a unit on PostgreSQL and one on SQLite, and Kafka between them."""
    with (shop.root / "topology.toml").open("a") as file:
        file.write(ENGINES)
    return shop


@pytest.fixture
def servers(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    file = tmp_path_factory.mktemp("secrets") / "kafka"
    file.write_text(f"{KAFKA}\n")
    return {"ENGINES": "real", "KAFKA_URL_FILE": str(file), "POSTGRESQL_URL": POSTGRESQL}


def environment(project: Project, process: int, unit: str) -> dict[str, Any]:
    """The variables that the stand-in for a unit was started with."""
    url = project.state["plan"]["processes"][process]["units"][unit]
    with urllib.request.urlopen(f"{url}/env") as answer:
        found: dict[str, Any] = json.load(answer)
    return found


def test_units_get_the_servers_of_their_engines(
    made_for_servers: Project, servers: dict[str, Any]
) -> None:
    project = made_for_servers
    said = project.run("up", **servers)
    assert "kafka://127.0.0.1:9092" in said
    assert "postgresql://127.0.0.1/shop" in said
    assert "nats" not in said
    env = environment(project, 0, "order")
    assert (project.root / env["HUB_URL_FILE"]).read_text() == KAFKA
    assert (project.root / env["ORDER_STORE_URL_FILE"]).read_text() == POSTGRESQL
    assert env["HUB_URL"] == env["ORDER_STORE_URL"] == ""
    assert env["CART_STORE_URL"] == env["CART_STORE_URL_FILE"] == ""
    assert [each["name"] for each in project.state["plan"]["processes"]] == ["shop", "gateway"]


def test_passwords_are_the_owners(made_for_servers: Project, servers: dict[str, Any]) -> None:
    project = made_for_servers
    assert "secret" not in project.run("up", **servers)
    local = project.root / ".local"
    assert "secret" not in (local / "state.json").read_text()
    for engine in ("kafka", "postgresql"):
        assert stat.S_IMODE((local / "urls" / engine).stat().st_mode) == 0o600
    project.run("down")
    assert not (local / "urls").exists()


def test_another_server_is_another_start(
    made_for_servers: Project, servers: dict[str, Any]
) -> None:
    project = made_for_servers
    project.run("up", **servers)
    assert "is running already" in project.run("up", **servers)
    moved = {**servers, "POSTGRESQL_URL": f"{POSTGRESQL}2"}
    assert "has changed: stopping everything first" in project.run("up", **moved)
    env = environment(project, 0, "order")
    assert (project.root / env["ORDER_STORE_URL_FILE"]).read_text() == f"{POSTGRESQL}2"
    assert "nats://" in project.run("up")


def test_without_the_option_the_servers_are_left_alone(
    made_for_servers: Project, servers: dict[str, Any]
) -> None:
    """Whatever the environment says, so that a test does not work on other data by mistake."""
    elsewhere = {"STORE_URL": POSTGRESQL, "HUB_URL_FILE": "nowhere", "ORDER_STORE_URL": POSTGRESQL}
    made_for_servers.run("up", **{**servers, **elsewhere, "ENGINES": ""})
    env = environment(made_for_servers, 1, "order")
    assert env["HUB_URL"].startswith("nats://127.0.0.1:")
    names = ("HUB_URL_FILE", "STORE_URL", "STORE_URL_FILE", "ORDER_STORE_URL")
    assert {env[name] for name in (*names, "ORDER_STORE_URL_FILE")} == {""}


def test_everything_that_is_missing_is_named(made_for_servers: Project, tmp_path: Path) -> None:
    nothing = {"PATH": str(tmp_path), "JAVA_HOME": str(tmp_path)}
    urls = {"POSTGRESQL_URL": "kafka://127.0.0.1"}
    said = made_for_servers.run("up", ENGINES="real", **urls, **nothing, code=1)
    assert "KAFKA_URL is not set, and Apache Kafka is not installed: unpack it" in said
    assert "POSTGRESQL_URL is not of the form postgresql://..." in said


def test_an_engine_without_an_adapter_is_told() -> None:
    with pytest.raises(EmbeddedError, match="nosuch: there is no adapter for it"):
        _choose("nosuch", NOSUCH_URL="nosuch://a")


def test_an_engine_whose_server_cannot_be_started_is_told() -> None:
    with pytest.raises(EmbeddedError, match="SQLSERVER_URL is not set, and it cannot be started"):
        _choose("sqlserver")


def test_a_project_for_nats_and_sqlite_needs_no_servers() -> None:
    found = choose(ProjectPaths(Path()), Engines(event_hub=None, stores={}), {})
    assert (found.given, found.started) == ({}, ())


def _choose(engine: str, **env: str) -> None:
    choose(ProjectPaths(Path()), Engines(event_hub=engine, stores={}), env)


def test_a_url_is_shown_without_what_is_secret() -> None:
    assert shown("kafka://u:p%40@one:1,two:2?sasl.password=x") == "kafka://one:1,two:2"
    assert shown("postgresql://u:p@db/shop?password=x") == "postgresql://db/shop"


def test_the_option_has_two_values() -> None:
    assert Options.from_env({"ENGINES": "real"}).real
    assert not Options.from_env({"ENGINES": "embedded"}).real
    with pytest.raises(EmbeddedError, match="ENGINES is 'docker'"):
        Options.from_env({"ENGINES": "docker"})


@pytest.mark.parametrize(
    ("engines", "problem"),
    [
        ('[engines.stores]\nnobody = "redis"', "there is no such unit"),
        ('[engines]\nevent_hub = "../kafka"', "not the name of an engine"),
        ("engines = 1", "is not valid"),
    ],
)
def test_a_wrong_topology_is_told(shop: Project, engines: str, problem: str) -> None:
    path = Path(shop.root / "topology.toml")
    path.write_text(
        f"{engines}\n{path.read_text()}"
        if engines == "engines = 1"
        else f"{path.read_text()}\n{engines}\n"
    )
    assert problem in shop.run("up", code=1)
