"""A project with Spark jobs, driven as its owner would."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Iterator

import pytest

from meshgen.system.lower import spark
from tests.e2e.conftest import Project
from tests.engines.kiosk import SPEC, database
from tests.servers.spark import POM, python
from tests.waiting import wait_until

_ENVIRONMENT = "streams/sold/.venv"
# That is, in the environment of these tests instead of installing another one.
_SPARK = ("-o", f"{_ENVIRONMENT}/.ready", "spark", "STREAM=sold")


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory) -> Project:
    root = tmp_path_factory.mktemp("kiosk") / "kiosk"
    command = [sys.executable, "-m", "meshgen", "new", str(root), "--spec", str(SPEC), "--quiet"]
    subprocess.run(command, check=True)
    (root / _ENVIRONMENT).symlink_to(python().parents[1])
    return Project(root)


@pytest.fixture(scope="module")
def servers(
    kafka_url: str, postgres_url: str, tmp_path_factory: pytest.TempPathFactory
) -> dict[str, str]:
    secret = tmp_path_factory.mktemp("secrets") / "postgresql"
    secret.write_text(database(postgres_url, "kiosk"))
    return {"KAFKA_URL": kafka_url, "POSTGRESQL_URL_FILE": str(secret)}


@pytest.fixture
def running(project: Project, servers: dict[str, str]) -> Iterator[Project]:
    project.make("up", ENGINES="real", **servers)
    yield project
    project.run("down")


@pytest.fixture
def job(running: Project, servers: dict[str, str]) -> Iterator[None]:
    with subprocess.Popen(
        ["make", *_SPARK],
        cwd=running.root,
        env={**os.environ, **servers},
        start_new_session=True,
    ) as process:
        metadata = running.root / ".local" / "spark" / "sold" / "metadata"
        wait_until(lambda: process.poll() is not None or metadata.exists(), "the start of the job")
        yield
        assert process.poll() is None
        os.killpg(process.pid, signal.SIGKILL)


def test_a_job_computes_what_the_unit_serves(running: Project, job: None) -> None:
    assert "units=2, revenue=3.5" in running.make("smoke")
    refused = running.run("ops", "ARGS=projection rebuild sold")
    assert "written by its spark job" in refused.stdout + refused.stderr
    assert "sold" not in running.make("ops", "ARGS=projection status")


def test_without_the_engines_the_unit_computes_it(project: Project) -> None:
    project.make("up")
    try:
        assert "1 passed" in project.make("smoke")
    finally:
        project.run("down")


def test_a_job_says_what_is_missing(project: Project) -> None:
    done = project.run(*_SPARK)
    assert done.returncode != 0
    assert "KAFKA_URL is not set" in done.stderr
    assert "POSTGRESQL_URL is not set" in done.stderr
    assert "Traceback" not in done.stderr


def test_its_own_checks_pass(project: Project) -> None:
    assert "no issues found" in project.make("lint")


def test_jobs_are_strictly_typed(project: Project) -> None:
    """In the environment that has pyspark, which the project's own does not."""
    jobs = [str(path) for path in project.root.glob("streams/*/job.py")]
    jobs.append("libs/chassis/src/chassis/jobs")
    options = ["--config-file=", "--strict", "--explicit-package-bases"]
    done = subprocess.run(
        [sys.executable, "-m", "mypy", *options, "--python-executable", str(python()), *jobs],
        cwd=project.root,
        env={**os.environ, "MYPYPATH": "libs/chassis/src"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout


def test_the_tests_use_the_connector_of_projects() -> None:
    group, artifact, version = spark.CONNECTOR.split(":")
    text = POM.read_text()
    assert f"<groupId>{group}</groupId>" in text
    assert f"<artifactId>{artifact}</artifactId>" in text
    assert f"<version>{version}</version>" in text
