"""The OpenAPI documents that meshgen makes of a spec are those that its units serve."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from functools import cache
from pathlib import Path
from typing import Any

import pytest

from meshgen.operations.new import create
from meshgen.operations.update import update
from tests.matrix.systems import MATRIX, write_spec
from tests.openapi.specs import SPECS

ROOT = Path(__file__).parents[2]
SERVED = Path(__file__).with_name("served.py")


def promised(root: Path) -> dict[str, Any]:
    """The contracts of a project."""
    paths = (root / "contracts" / "openapi").glob("*.json")
    return {path.stem: json.loads(path.read_text(encoding="utf-8")) for path in paths}


def served(root: Path) -> dict[str, Any]:
    """What the units of a project serve that have routes."""
    sources = (str(path) for path in root.glob("*/*/src"))
    done = subprocess.run(
        [sys.executable, SERVED, root],
        env={**os.environ, "PYTHONPATH": os.pathsep.join(sources)},
        cwd=root,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    documents = json.loads(done.stdout.splitlines()[-1])
    return {name: document for name, document in documents.items() if document["paths"]}


@pytest.mark.parametrize("name", SPECS)
def test_what_is_promised_is_served(tmp_path: Path, name: str) -> None:
    root = create(tmp_path / "system", SPECS[name]).target
    assert promised(root) == served(root)


@cache
def _smallest(folder: Path) -> dict[str, Any]:
    return promised(create(folder / "smallest", write_spec(folder, "nats", "sqlite")).target)


@pytest.mark.parametrize(("hub", "store"), MATRIX)
def test_they_do_not_depend_on_the_engines(
    tmp_path: Path, tmp_path_factory: pytest.TempPathFactory, hub: str, store: str
) -> None:
    root = create(tmp_path / "notes", write_spec(tmp_path, hub, store)).target
    assert promised(root) == _smallest(tmp_path_factory.getbasetemp())


def test_what_is_renamed_is_served_by_its_name(tmp_path: Path) -> None:
    """Stored values and messages go by identities, over HTTP only the members of enums do."""
    root = create(tmp_path / "system", SPECS["corners"]).target
    spec = root / "corners.yaml"
    text = spec.read_text(encoding="utf-8")
    for before, after in (
        ("ThingOutcome: [good, bad]", "ThingOutcome: [{name: fine, renamed_from: good}, bad]"),
        ("default: good", "default: fine"),
        ("{number: {type: int,", "{amount: {renamed_from: number, type: int,"),
    ):
        assert before in text
        text = text.replace(before, after)
    spec.write_text(text, encoding="utf-8")
    assert not update(root).undecided
    schemas = promised(root)["thing"]["components"]["schemas"]
    assert schemas["ThingOutcome"]["enum"] == ["good", "bad"]
    assert schemas["ThingPage"]["properties"].keys() == {"amount"}
    assert promised(root) == served(root)


def test_the_example_serves_what_it_promises() -> None:
    root = ROOT / "examples" / "shop"
    assert promised(root) == served(root)
