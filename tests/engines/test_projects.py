"""A generated project on the servers that its spec names, driven as its owner would."""

from __future__ import annotations

import re
import stat
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest
from confluent_kafka.admin import AdminClient

from tests.e2e.conftest import Project
from tests.matrix.systems import write_spec

Servers = dict[str, str]


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory) -> Project:
    """Kafka and PostgreSQL."""
    folder = tmp_path_factory.mktemp("notes")
    spec = write_spec(folder, "kafka", "postgresql")
    root = folder / "notes"
    command = [sys.executable, "-m", "meshgen", "new", str(root), "--spec", str(spec), "--quiet"]
    subprocess.run(command, check=True)
    return Project(root)


@pytest.fixture(scope="module")
def servers(kafka_url: str, postgres_url: str, tmp_path_factory: pytest.TempPathFactory) -> Servers:
    """Where the servers are: one URL as it is, the other in a file."""
    secret = tmp_path_factory.mktemp("secrets") / "postgresql"
    secret.write_text(f"{postgres_url}\n")
    return {"ENGINES": "real", "KAFKA_URL": kafka_url, "POSTGRESQL_URL_FILE": str(secret)}


@pytest.fixture
def running(project: Project, servers: Servers) -> Iterator[Project]:
    project.make("up", **servers)
    yield project
    project.run("down")


def test_it_runs_on_the_servers_of_its_spec(
    running: Project, kafka_url: str, postgres_url: str
) -> None:
    assert "1 passed" in running.make("smoke")
    assert not list((running.root / ".local" / "data").iterdir())
    assert not (running.root / ".local" / "logs" / "nats.log").exists()
    with psycopg.connect(postgres_url) as connection:
        query = "SELECT nspname FROM pg_namespace WHERE nspname IN ('note', 'board')"
        assert len(connection.execute(query).fetchall()) == 2
    topics = AdminClient({"bootstrap.servers": kafka_url.removeprefix("kafka://")}).list_topics()
    assert "notes.note.events" in topics.topics
    assert "note" in running.make("ops", "ARGS=outbox status")


def test_up_says_where_the_servers_are_but_no_password(project: Project, servers: Servers) -> None:
    printed = project.make("up", **servers)
    try:
        assert re.search(r"^  kafka +kafka://127\.0\.0\.1:\d+$", printed, re.MULTILINE)
        assert re.search(r"^  postgresql +postgresql://[^@]+$", printed, re.MULTILINE)
        local = project.root / ".local"
        assert stat.S_IMODE((local / "urls" / "postgresql").stat().st_mode) == 0o600
        url = Path(servers["POSTGRESQL_URL_FILE"]).read_text().strip()
        assert url not in (local / "state.json").read_text()
    finally:
        project.make("down")
    assert not list((project.root / ".local").glob("urls/*"))


def test_operators_find_the_stores_while_it_is_down(project: Project, servers: Servers) -> None:
    printed = project.make("ops", "ARGS=events browse", **servers)
    assert "NoteWritten" in printed


def test_its_own_tests_pass_on_them(project: Project, servers: Servers) -> None:
    printed = project.make("test", **servers)
    assert re.search(r"\d+ passed", printed)
    assert "skipped" not in printed


def test_without_a_word_it_runs_embedded(project: Project, servers: Servers) -> None:
    embedded = {**servers, "ENGINES": "", "STORE_URL": "postgresql://elsewhere"}
    try:
        assert "nats://" in project.make("up", **embedded)
        assert "1 passed" in project.make("smoke")
    finally:
        project.make("down")
    assert (project.root / ".local" / "data" / "note.db").exists()
