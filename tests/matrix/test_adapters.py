"""Of the adapters, a project has those of the engines that its spec names."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from meshgen.output.parts import CHASSIS_FOLDER
from meshgen.output.plan import as_json, chassis_answers
from meshgen.output.templates import is_cache, template_folder
from meshgen.render.rendering import chassis_files
from meshgen.spec.check import read_spec
from meshgen.spec.model import Spec
from meshgen.system.lower import resolve
from meshgen.system.lower.engines import SHARED
from tests.matrix.systems import MATRIX, adapters, write_spec
from tests.templates.test_templates import Copie

KIOSK = Path(__file__).parents[1] / "engines" / "kiosk" / "kiosk.yaml"


@pytest.mark.parametrize(("hub", "store"), MATRIX)
def test_copier_copies_what_meshgen_does(
    copie: Copie, tmp_path: Path, hub: str, store: str
) -> None:
    """Meshgen copies the files of the chassis that are no templates itself."""
    _check_copied(copie, read_spec(write_spec(tmp_path, hub, store)), hub, store)


def test_copier_copies_what_spark_jobs_need(copie: Copie) -> None:
    _check_copied(copie, read_spec(KIOSK), "kafka", "postgresql")


def _check_copied(copie: Copie, spec: Spec, hub: str, store: str) -> None:
    mesh = resolve(spec)
    told = json.loads(as_json(chassis_answers(mesh)))
    result = copie.copy(told, template_dir=template_folder("chassis"))
    assert result.exception is None, repr(result.exception)
    copied = {
        path.removeprefix(f"{CHASSIS_FOLDER}/"): file.content
        for path, file in chassis_files(mesh.chassis)
    }
    assert _content(result.project_dir, "pyproject.toml") == copied
    assert _packages(copied, "hub") == {"nats", hub} & adapters("hub")
    shared = {name for name, users in SHARED.items() if {store} & set(users) & adapters("store")}
    assert _packages(copied, "jobs") == set(mesh.chassis.jobs)
    assert ("src/chassis/jobs/__init__.py" in copied) == bool(mesh.chassis.jobs)
    assert ("src/chassis/testing/load/run.py" in copied) == mesh.chassis.load
    assert ("src/chassis/testing/load/__init__.py" in copied) == mesh.chassis.load
    own = {"sqlite", store} & adapters("store")
    assert _packages(copied, "store") == {*own, "sql", *shared}


def _packages(paths: dict[str, bytes], port: str) -> set[str]:
    folder = f"src/chassis/{port}/"
    inside = (path.removeprefix(folder) for path in paths if path.startswith(folder))
    return {path.partition("/")[0] for path in inside if "/" in path}


def _content(root: Path, *left_out: str) -> dict[str, bytes]:
    return {
        name: path.read_bytes()
        for path in root.rglob("*")
        if path.is_file()
        and (name := path.relative_to(root).as_posix()) not in left_out
        and not is_cache(Path(name).parts)
    }
