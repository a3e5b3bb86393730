"""`meshgen doctor`: what is missing for the engines of a project, and what to do about it."""

from __future__ import annotations

import json
import socket
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from meshgen.operations.servers import server
from tests.matrix.systems import write_spec
from tests.waiting import PATIENCE


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A project on Kafka and PostgreSQL, in the environment of the tests."""
    folder = tmp_path_factory.mktemp("doctor")
    spec = write_spec(folder, "kafka", "postgresql")
    command = ["meshgen", "new", str(folder / "notes"), "--spec", str(spec), "--quiet"]
    subprocess.run([sys.executable, "-m", *command], check=True)
    (folder / "notes" / ".venv").symlink_to(Path(sys.prefix))
    return folder / "notes"


@pytest.fixture
def listening() -> Iterator[str]:
    with socket.create_server(("127.0.0.1", 0)) as server:
        yield f"127.0.0.1:{server.getsockname()[1]}"


def doctor(project: Path, *arguments: str, **env: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "meshgen", "doctor", "--project", str(project), *arguments],
        capture_output=True,
        text=True,
        check=False,
        timeout=PATIENCE,
        env={"PATH": "/usr/bin:/bin", "DOCKER_HOST": "none", **env},
    )


def diagnosis(project: Path, **env: str) -> tuple[dict[str, Any], dict[str, Any], int]:
    """The document of all, and of each engine, with the exit code."""
    done = doctor(project, "--json", **env)
    document = json.loads(done.stdout)
    return document, {each["name"]: each for each in document["engines"]}, done.returncode


def test_everything_that_is_missing_is_named(project: Path, tmp_path: Path) -> None:
    done = doctor(project, JAVA_HOME=str(tmp_path))
    assert done.returncode == 1
    assert "KAFKA_URL is not set, and no server was found" in done.stdout
    assert "next: kafka: unpack it" in done.stdout
    assert "or set KAFKA_URL, or KAFKA_URL_FILE" in done.stdout


def test_a_server_that_is_installed_is_enough(
    project: Path, tmp_path: Path, listening: str
) -> None:
    for path in (tmp_path / "libs" / "kafka_2.13-4.1.0.jar", tmp_path / "bin" / "java"):
        path.parent.mkdir()
        path.touch(mode=0o755)
    env = {"KAFKA_HOME": str(tmp_path), "JAVA_HOME": str(tmp_path)}
    env["POSTGRESQL_URL"] = f"postgresql://{listening}/x"
    document, engines, code = diagnosis(project, **env)
    assert (document["ready"], code) == (True, 0)
    local = engines["kafka"]["server"]["local"]
    assert (local["path"], local["version"]) == (str(tmp_path / "libs"), "4.1.0")
    assert (
        f"`make up ENGINES=real` starts {tmp_path / 'libs'} (4.1.0)"
        in doctor(project, **env).stdout
    )


def test_a_docker_engine_is_enough(project: Path, listening: str) -> None:
    docker = Path(__file__).parents[1] / "chassis" / "embedded" / "docker"
    env = {"PATH": f"{docker}:/usr/bin:/bin", "KAFKA_URL": f"kafka://{listening}"}
    document, engines, code = diagnosis(project, DOCKER_HOST="", **env)
    assert (document["ready"], code) == (True, 0)
    assert engines["kafka"]["server"]["addresses"] == [listening]
    assert engines["postgresql"]["server"]["local"]["contained"] is True
    printed = doctor(project, DOCKER_HOST="", **env).stdout
    assert f"KAFKA_URL: {listening}" in printed
    assert "`make up ENGINES=real` starts it in a container" in printed


def test_a_project_with_everything_is_ready(project: Path, listening: str, tmp_path: Path) -> None:
    (tmp_path / "url").write_text(f"postgresql://u:secret@{listening}/notes\n")
    env = {"KAFKA_URL": f"kafka://{listening}", "POSTGRESQL_URL_FILE": str(tmp_path / "url")}
    document, engines, code = diagnosis(project, **env)
    assert (document["ready"], code) == (True, 0)
    assert engines["kafka"]["used_by"] == ["the event hub"]
    assert engines["postgresql"]["used_by"] == ["note", "board"]
    assert engines["postgresql"]["server"]["addresses"] == [listening]
    assert "secret" not in json.dumps(document)
    assert document["next"] == ["`make up ENGINES=real`"]
    assert {"docker", "java", "uv", "psql"} <= {each["name"] for each in document["programs"]}


def test_a_server_that_is_away_is_told(project: Path, listening: str) -> None:
    env = {"KAFKA_URL": f"kafka://{listening}", "POSTGRESQL_URL": "postgresql://u:pw@127.0.0.1:1/x"}
    document, engines, code = diagnosis(project, **env)
    assert code == 1
    assert not engines["kafka"]["server"]["problem"]
    assert "not reachable" in engines["postgresql"]["server"]["problem"]
    assert document["next"] == ["start postgresql, or correct POSTGRESQL_URL"]


def test_a_project_without_an_environment_or_an_adapter(
    project: Path, tmp_path: Path, listening: str
) -> None:
    (tmp_path / "notes").mkdir()
    (tmp_path / "notes" / "notes.yaml").write_bytes((project / "notes.yaml").read_bytes())
    adapter = "libs/chassis/src/chassis/hub/kafka"
    (tmp_path / "notes" / adapter).mkdir(parents=True)
    env = {"KAFKA_URL": f"kafka://{listening}", "POSTGRESQL_URL": f"postgresql://{listening}/x"}
    document, engines, code = diagnosis(tmp_path / "notes", **env)
    assert code == 1
    assert engines["kafka"]["adapter"]["problem"] == "the project has no environment"
    assert engines["postgresql"]["adapter"]["problem"] == "the project has no adapter for it"
    assert [each.partition(";")[0] for each in document["next"]] == [
        "`make .venv/.ready`",
        "`meshgen update`",
    ]


def test_an_adapter_that_cannot_be_imported_is_told(
    project: Path, tmp_path: Path, listening: str
) -> None:
    """Here because the environment has no packages at all."""
    root = tmp_path / "notes"
    for folder in ("hub/kafka", "store/postgresql"):
        (root / "libs/chassis/src/chassis" / folder).mkdir(parents=True)
    spec = project / "notes.yaml"
    (root / "notes.yaml").write_bytes(spec.read_bytes())
    subprocess.run([sys.executable, "-m", "venv", "--without-pip", root / ".venv"], check=True)
    env = {"KAFKA_URL": f"kafka://{listening}", "POSTGRESQL_URL": f"postgresql://{listening}/x"}
    document, engines, code = diagnosis(root, **env)
    assert code == 1
    for engine in engines.values():
        assert "ModuleNotFoundError" in engine["adapter"]["problem"]
    assert "make lock" in document["next"][0]


def test_a_project_on_nats_and_sqlite_needs_nothing(tmp_path: Path) -> None:
    write_spec(tmp_path, "nats", "sqlite")
    done = doctor(tmp_path)
    assert done.returncode == 0
    assert "names no engines but NATS and SQLite" in done.stdout


def test_a_folder_without_a_spec_is_an_error(tmp_path: Path) -> None:
    done = doctor(tmp_path)
    assert done.returncode == 2
    assert "there is no spec in" in done.stderr


@pytest.mark.parametrize(
    ("url", "problem"),
    [
        ("127.0.0.1:9092", "not valid"),
        ("kafka://[", "not valid"),
        ("kafka://host:port", "not valid"),
        ("kafka://nowhere.invalid:9092", "not reachable"),
    ],
)
def test_a_wrong_url_is_told_but_not_shown(url: str, problem: str) -> None:
    found = server("kafka", "KAFKA_URL", {"KAFKA_URL": url})
    assert problem in found.problem
    assert found.advice


def test_one_of_several_hosts_is_enough(listening: str) -> None:
    found = server("kafka", "KAFKA_URL", {"KAFKA_URL": f"kafka://u:p@127.0.0.1:1,{listening}"})
    assert not found.problem
    assert found.addresses == ("127.0.0.1:1", listening)


def test_a_port_may_be_left_out() -> None:
    found = server("redis", "REDIS_URL", {"REDIS_URL": "redis://127.0.0.1"})
    assert found.addresses == ("127.0.0.1:6379",)


@pytest.mark.parametrize("url", ["mongodb+srv://cluster.example", "postgresql:///x?host=/run/pg"])
def test_a_url_without_an_address_is_not_checked(url: str) -> None:
    engine = "mongodb" if url.startswith("mongodb") else "postgresql"
    variable = f"{engine.upper()}_URL"
    found = server(engine, variable, {variable: url})
    assert (found.problem, found.addresses) == ("", ())


def test_a_url_and_a_file_exclude_each_other(tmp_path: Path) -> None:
    env = {"REDIS_URL": "redis://127.0.0.1", "REDIS_URL_FILE": str(tmp_path / "none")}
    assert "both set" in server("redis", "REDIS_URL", env).problem
    del env["REDIS_URL"]
    assert "cannot be read" in server("redis", "REDIS_URL", env).problem
    (tmp_path / "none").write_text(" \n")
    assert "is empty" in server("redis", "REDIS_URL", env).problem
