from __future__ import annotations

import runpy
from collections.abc import Iterator
from pathlib import Path
from types import SimpleNamespace

import pytest

from .projects import Project, project

# The tests of the gateway render its configuration; no package holds both folders.
rendering = SimpleNamespace(
    **runpy.run_path(str(Path(__file__).parents[1] / "gateway" / "rendering.py"))
)
PROCESSES = '[processes]\nshop = ["order", "order_history"]\n'


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


@pytest.fixture
def real(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Project]:
    """A project with the real runner and the real configuration of the gateway."""
    with project(tmp_path_factory.mktemp("real"), toy=False) as it:
        it.configure({}, envoy=rendering.render(rate_limit=False))
        units = "".join(f'{name} = "real_units:{name}"\n' for name in rendering.UNITS)
        text = (it.root / "topology.toml").read_text().partition("[units]")[0]
        (it.root / "topology.toml").write_text(f"{text}[units]\n{units}{PROCESSES}")
        yield it
