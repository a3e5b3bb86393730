"""A project for each event hub and store: its dependencies, and what it says of itself.

All share one environment, that of these tests, which has the clients of all engines, and one cache
of mypy: the first project takes some 15 s, each of the others 5 s.
"""

from __future__ import annotations

import ast
import os
import re
import subprocess
import sys
import tomllib
from collections.abc import Callable, Iterator
from functools import cache
from importlib.metadata import packages_distributions
from pathlib import Path
from typing import Any

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from meshgen.operations.new import create
from tests.matrix.systems import MATRIX, adapters, write_spec

ENGINES = sorted((adapters("hub") | adapters("store")) - {"nats", "sqlite"})
OPTIONAL = {"pyopenssl"}  # python-tds imports it for TLS, but does not require it
PINS = Path(__file__).parents[2] / "templates" / "parts" / "requirements"


@pytest.fixture(scope="session")
def projects(tmp_path_factory: pytest.TempPathFactory) -> Callable[[str, str], Path]:
    """The project on an event hub and a store, generated when it is first asked for."""

    @cache
    def project(hub: str, store: str) -> Path:
        folder = tmp_path_factory.mktemp(f"{hub}-{store}")
        return create(folder / "notes", write_spec(folder, hub, store)).target

    return project


@pytest.fixture(scope="session")
def cache_of_mypy(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("mypy")


def document(path: Path) -> dict[str, Any]:
    return tomllib.loads(path.read_text(encoding="utf-8"))


def distributions(requirements: list[str]) -> set[str]:
    """The names of required distributions."""
    return {Requirement(text).name for text in requirements}


def imported(folder: Path) -> set[str]:
    """The distributions that the modules in a folder import, but for the standard library."""
    names = {name for path in folder.rglob("*.py") for name in _modules(path)}
    known = packages_distributions()
    others = names - set(sys.stdlib_module_names) - {"chassis"}
    return {canonicalize_name(known[name][0]) for name in others}


def _modules(path: Path) -> Iterator[str]:
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            yield from (alias.name.partition(".")[0] for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module:
            yield node.module.partition(".")[0]


@pytest.mark.parametrize(("hub", "store"), MATRIX)
def test_it_has_the_clients_of_its_engines_and_no_others(
    projects: Callable[[str, str], Path], hub: str, store: str
) -> None:
    root = projects(hub, store)
    pinned_apart = {path.stem for path in PINS.glob("*.txt")} & {hub, store}
    clients = pinned_apart | ({"nats"} & {hub})
    extras = document(root / "libs/chassis/pyproject.toml")["project"]["optional-dependencies"]
    assert extras.keys() == {"embedded", "nats", "telemetry", "testing"} | clients
    (needed, *_) = document(root / "projections/board/pyproject.toml")["project"]["dependencies"]
    assert Requirement(needed).extras == clients
    (needed, *_) = document(root / "services/note/pyproject.toml")["project"]["dependencies"]
    assert Requirement(needed).extras == clients - {"cassandra"}  # only read models are on it
    pins = (PINS / f"{name}.txt" for name in ("base", *pinned_apart))
    expected = {name for path in pins for name in pinned(path)}
    assert pinned(root / "requirements.txt") == expected


def pinned(path: Path) -> set[str]:
    return set(re.findall(r"^([a-z0-9.-]+)==", path.read_text(encoding="utf-8"), re.MULTILINE))


@pytest.mark.parametrize(("hub", "store"), MATRIX)
def test_it_imports_only_what_it_requires(
    projects: Callable[[str, str], Path], hub: str, store: str
) -> None:
    chassis = projects(hub, store) / "libs" / "chassis"
    project = document(chassis / "pyproject.toml")["project"]
    extras = [text for texts in project["optional-dependencies"].values() for text in texts]
    assert imported(chassis / "src") <= distributions([*project["dependencies"], *extras])


@pytest.mark.parametrize("engine", ENGINES)
def test_every_client_of_an_engine_is_used_by_its_adapter(
    projects: Callable[[str, str], Path], engine: str
) -> None:
    hub, store = next(each for each in MATRIX if engine in each)
    chassis = projects(hub, store) / "libs" / "chassis"
    extras = document(chassis / "pyproject.toml")["project"]["optional-dependencies"]
    adapter = next((chassis / "src" / "chassis").glob(f"*/{engine}"))
    assert distributions(extras[engine]) - OPTIONAL <= imported(adapter)


@pytest.mark.parametrize(("hub", "store"), MATRIX)
def test_it_passes_its_own_checks(
    projects: Callable[[str, str], Path], cache_of_mypy: Path, hub: str, store: str
) -> None:
    root = projects(hub, store)
    assert "no issues found" in make(root, "lint", MYPY_CACHE_DIR=str(cache_of_mypy))
    printed = make(root, "test", GATEWAY_PORT="0")
    assert re.search(r"\d+ passed", printed)
    assert "skipped" not in printed


def make(root: Path, target: str, **env: str) -> str:
    """Run a target in the environment of these tests instead of the project's own."""
    sources = sorted(root.glob("*/*/src"))
    done = subprocess.run(
        ["make", "-o", ".venv/.ready", f"VENV={Path(sys.executable).parent}", target],
        cwd=root,
        env={**os.environ, "PYTHONPATH": os.pathsep.join(map(str, sources)), **env},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout
