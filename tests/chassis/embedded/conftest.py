from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from .projects import Project, project


@pytest.fixture
def shop(tmp_path: Path) -> Iterator[Project]:
    """A project of two units that is not running."""
    with project(tmp_path) as it:
        it.configure({"order": "good", "cart": "good"}, {"shop": ["order", "cart"]})
        yield it


@pytest.fixture(scope="module")
def running(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Project]:
    """A project that is up, for tests that change nothing."""
    with project(tmp_path_factory.mktemp("running")) as it:
        it.configure({"order": "good", "cart": "good", "web": "slow"}, {"shop": ["order", "cart"]})
        it.run("up")
        yield it
        it.run("down")
