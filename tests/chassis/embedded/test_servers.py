"""`ENGINES=real` without a URL: a server that is installed is started, kept running and stopped."""

from __future__ import annotations

import json
import os
import signal
import socket
import stat
from pathlib import Path
from typing import Any

import psutil
import pytest
from chassis.embedded.servers import access, catalog
from chassis.embedded.servers.__main__ import main

from tests.waiting import wait_until

from .projects import Project

PROGRAMS = Path(__file__).with_name("programs")
ON_REDIS = '\n[engines.stores]\norder = "redis"\n'
ENV: dict[str, Any] = {"ENGINES": "real", "PATH": f"{PROGRAMS}:{os.environ['PATH']}"}


@pytest.fixture
def on_redis(shop: Project) -> Project:
    """A project with a unit on Redis."""
    with (shop.root / "topology.toml").open("a") as file:
        file.write(ON_REDIS)
    return shop


@pytest.fixture
def running(on_redis: Project) -> Project:
    on_redis.run("up", **ENV)
    return on_redis


def server_folder(project: Project) -> Path:
    return project.root / ".local" / "servers" / "redis"


def url(project: Project) -> str:
    return (project.root / ".local" / "urls" / "redis").read_text()


def row(project: Project) -> dict[str, Any]:
    return next(row for row in project.status["units"] if row["process"] == "redis")


def starts(project: Project) -> int:
    return len((server_folder(project) / "data" / "starts").read_text())


def test_it_is_shown_with_the_others(running: Project) -> None:
    port = access.read(server_folder(running)).ports[0]
    assert row(running)["status"] == "ok"
    assert row(running)["url"] == f"redis://127.0.0.1:{port}"
    assert "Ready to accept connections" in running.run("logs", "redis")
    assert f"redis://127.0.0.1:{port}" in running.run("status")
    assert [each["name"] for each in running.state["plan"]["processes"]] == [
        *("nats", "redis", "shop", "gateway")
    ]


def test_its_password_is_the_owners(running: Project) -> None:
    password = access.read(server_folder(running)).password
    assert password in url(running)
    assert password not in (running.root / ".local" / "state.json").read_text()
    commands = [" ".join(process.cmdline()) for process in running.running()]
    assert not [command for command in commands if password in command]
    for path in (server_folder(running), server_folder(running) / "server.json"):
        assert not stat.S_IMODE(path.stat().st_mode) & 0o077


def test_data_ports_and_password_are_kept(on_redis: Project) -> None:
    project = on_redis
    project.run("up", **ENV)
    before = url(project)
    project.run("down")
    assert "redis is down" not in project.run("status", code=1)
    project.run("up", **ENV)
    assert url(project) == before
    assert starts(project) == 2


def test_down_leaves_no_process(running: Project) -> None:
    helper = int((server_folder(running) / "helper").read_text())
    assert psutil.pid_exists(helper)
    running.run("down")
    wait_until(lambda: not psutil.pid_exists(helper), "the end of what the server has started")
    assert not running.running()


def test_a_killed_server_is_started_again(running: Project) -> None:
    """What it has left behind is ended first, and its data and its units stay."""
    helper = int((server_folder(running) / "helper").read_text())
    before = running.pids
    os.kill(before["redis"], signal.SIGKILL)
    wait_until(lambda: row(running)["restarts"] == 1, "a restart")
    wait_until(lambda: running.status["ready"], "readiness")
    assert starts(running) == 2
    assert not psutil.pid_exists(helper)
    after = running.pids
    assert {name for name in before if before[name] != after[name]} == {"redis"}


def test_a_new_supervisor_leaves_the_processes_of_a_server_alone(running: Project) -> None:
    before, supervisor = running.pids, running.supervisor
    os.kill(supervisor, signal.SIGKILL)
    wait_until(lambda: not psutil.pid_exists(supervisor), "the end of the supervisor")
    running.run("up", **ENV)
    assert running.pids == before


def test_a_port_that_is_taken_is_replaced(on_redis: Project) -> None:
    project = on_redis
    project.run("up", **ENV)
    first = access.read(server_folder(project))
    project.run("down")
    with socket.create_server(("127.0.0.1", first.ports[0])):
        project.run("up", **ENV)
        second = access.read(server_folder(project))
    assert first.ports != second.ports
    assert first.password == second.password


def test_a_server_that_does_not_start_is_reported(on_redis: Project) -> None:
    said = on_redis.run("up", **ENV, TOY_REDIS="broken", code=1)
    assert "redis ended 3 times while it was starting" in said
    assert "Bad directive or wrong number of arguments" in said
    assert "shop" not in on_redis.pids


def test_a_url_wins(on_redis: Project) -> None:
    on_redis.run("up", **ENV, REDIS_URL="redis://127.0.0.1:1")
    assert not server_folder(on_redis).exists()
    assert "stopping everything first" in on_redis.run("up", **ENV)
    assert starts(on_redis) == 1


def test_a_unit_that_is_called_like_its_server(shop: Project) -> None:
    shop.configure({"order": "good", "cart": "good", "redis": "good"})
    with (shop.root / "topology.toml").open("a") as file:
        file.write('\n[engines.stores]\nredis = "redis"\n')
    assert "a unit is called like its server: set REDIS_URL" in shop.run("up", **ENV, code=1)
    shop.run("up", **ENV, REDIS_URL="redis://127.0.0.1:1")
    assert shop.status["ready"]


def test_what_is_installed_is_told(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    monkeypatch.chdir(tmp_path)  # it describes no containers
    monkeypatch.setenv("PATH", ENV["PATH"])
    monkeypatch.delenv("KAFKA_HOME", raising=False)
    assert main(["found", "redis", "kafka", "sqlserver"]) == 0
    found = json.loads(capsys.readouterr().out)
    assert (found["redis"]["path"], found["redis"]["version"]) == (
        *(str(PROGRAMS / "redis-server"), "7.9.9"),
    )
    assert "KAFKA_HOME" in found["kafka"]["advice"]
    assert found["sqlserver"] == {"contained": False, "path": "", "version": "", "advice": ""}


def test_a_damaged_file_is_told(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "server.json").write_text('{"ports": 1}')
    assert main(["run", "redis", str(tmp_path)]) == 1
    assert "server.json cannot be used" in capsys.readouterr().err


def test_root_needs_a_folder_that_the_user_of_the_server_can_reach(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = tmp_path / "shop" / ".local" / "servers" / "postgresql"
    folder.mkdir(parents=True)
    (tmp_path / "shop").chmod(0o700)
    monkeypatch.setattr(os, "geteuid", lambda: 0)
    monkeypatch.setattr(catalog.known("postgresql"), "find", lambda: Path("postgres"))
    reason = catalog.obstacle("postgresql", folder)
    assert reason is not None
    assert "refuses to run as root" in reason
    monkeypatch.setattr(os, "geteuid", lambda: 1000)
    assert catalog.obstacle("postgresql", folder) is None


def test_rabbitmq_refuses_quotes(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(catalog.known("rabbitmq"), "find", lambda: Path("rabbitmq-server"))
    assert "does not start in a folder" in str(catalog.obstacle("rabbitmq", tmp_path / "it's"))
    assert catalog.obstacle("rabbitmq", tmp_path / "its") is None


@pytest.mark.parametrize(
    ("engine", "variable", "jar", "version"),
    [
        ("kafka", "KAFKA_HOME", "libs/kafka_2.13-4.1.0.jar", "4.1.0"),
        ("cassandra", "CASSANDRA_HOME", "lib/apache-cassandra-5.0.5.jar", "5.0.5"),
    ],
)
def test_java_servers_are_found_where_they_are_unpacked(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    engine: str,
    variable: str,
    jar: str,
    version: str,
) -> None:
    for path in (tmp_path / jar, tmp_path / "bin" / "java"):
        path.parent.mkdir(exist_ok=True)
        path.touch(mode=0o755)
    monkeypatch.setenv("JAVA_HOME", str(tmp_path))
    monkeypatch.setenv(variable, str(tmp_path))
    server = catalog.known(engine)
    found = server.find()
    assert found == (tmp_path / jar).parent
    assert server.version(found) == version
    monkeypatch.setenv("JAVA_HOME", str(tmp_path / "nowhere"))
    assert server.find() is None
