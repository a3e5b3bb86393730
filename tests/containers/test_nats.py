"""A system on NATS, whose stores are files in a volume."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.containers.conftest import Composed
from tests.e2e.conftest import generate

OVERRIDE = Path(__file__).with_name("nats.compose.yaml")


@pytest.fixture(scope="module")
def notes(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Composed]:
    project = generate("minimal", tmp_path_factory.mktemp("containers"))
    composed = Composed(project, f"notes-{os.getpid()}", (OVERRIDE,))
    try:
        composed.make("compose-up")
        yield composed
    finally:
        composed.remove()


def test_it_works_and_its_data_stays(notes: Composed) -> None:
    assert "nats" in notes.containers
    assert not [name for name in notes.containers if "migrate" in name]
    assert "passed" in notes.make("compose-smoke")
    for service in notes.containers:
        notes.kill(service)
    assert "passed" in notes.make("compose-smoke")


def test_zz_down_leaves_nothing(notes: Composed) -> None:
    notes.make("compose-down", "ARGS=--volumes")
    assert notes.left == []
