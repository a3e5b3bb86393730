"""`meshgen adopt`: a base for a project without one. With a real spec and real rendering."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from meshgen.errors import MeshgenError
from meshgen.operations.adopt import adopt
from meshgen.operations.new import create
from meshgen.operations.update import update
from tests.trees import digest

SPEC = Path(__file__).parents[2] / "specs" / "minimal.yaml"
DOMAIN = "services/note/src/notes_note/domain/note.py"


@pytest.fixture(scope="module")
def pristine(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return create(tmp_path_factory.mktemp("new") / "notes", SPEC).target


@pytest.fixture
def project(pristine: Path, tmp_path: Path) -> Path:
    return Path(shutil.copytree(pristine, tmp_path / "notes"))


def without_local(root: Path) -> dict[str, tuple[str, int]]:
    return {path: file for path, file in digest(root).items() if not path.endswith("cache.json")}


def test_a_lost_base_is_the_same_again(project: Path) -> None:
    before = without_local(project)
    shutil.rmtree(project / ".meshgen")
    found = adopt(project)
    assert (found.edited, found.missing) == ({}, ())
    assert without_local(project) == before
    assert update(project).nothing


def test_what_differs_is_told_and_counts_as_an_edit(project: Path) -> None:
    shutil.rmtree(project / ".meshgen")
    path = project / DOMAIN
    path.write_text("# mine\n" + path.read_text())
    (project / "Makefile").unlink()
    (project / "mine.txt").write_text("mine\n")
    before = digest(project)
    found = adopt(project)
    assert (found.edited, found.missing) == ({DOMAIN: (1, 0)}, ("Makefile",))
    assert {p: f for p, f in digest(project).items() if not p.startswith(".meshgen/")} == before
    spec = (project / "notes.yaml").read_text()
    (project / "notes.yaml").write_text(spec.replace("max_length: 500", "max_length: 400"))
    assert not update(project).undecided
    assert path.read_text().startswith("# mine\n")
    assert not (project / "Makefile").exists()


def test_what_is_missing_can_be_had(project: Path) -> None:
    shutil.rmtree(project / ".meshgen")
    (project / "Makefile").unlink()
    adopt(project, add_missing=True)
    assert [change.path for change in update(project).changes] == ["Makefile"]
    assert (project / "Makefile").exists()
    assert update(project).nothing


def test_a_spec_from_elsewhere_is_brought_along(tmp_path: Path) -> None:
    (tmp_path / "p").mkdir()
    found = adopt(tmp_path / "p", SPEC)
    assert (tmp_path / "p" / "notes.yaml").read_bytes() == SPEC.read_bytes()
    assert found.same == 0
    assert update(tmp_path / "p").nothing


def test_a_base_that_is_there_is_replaced_only_on_demand(project: Path) -> None:
    (project / ".meshgen/state.json").write_text("damaged")
    (project / ".meshgen/base/services/gone.tar.gz").write_bytes(b"old")
    with pytest.raises(MeshgenError, match="already has a base"):
        adopt(project)
    adopt(project, replace_base=True)
    assert not (project / ".meshgen/base/services/gone.tar.gz").exists()
    assert update(project).nothing


def test_a_folder_without_a_spec_is_refused(tmp_path: Path) -> None:
    with pytest.raises(MeshgenError, match="there is no spec in"):
        adopt(tmp_path)
    assert list(tmp_path.iterdir()) == []


def test_two_specs_are_a_question(project: Path) -> None:
    shutil.rmtree(project / ".meshgen")
    shutil.copy(SPEC, project / "other.yaml")
    with pytest.raises(MeshgenError, match="there are several specs in"):
        adopt(project)
