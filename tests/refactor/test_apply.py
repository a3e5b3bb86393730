"""From an edit to the disk: which file, whole or not at all."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from meshgen import __version__
from meshgen.errors import MeshgenError
from meshgen.operations.edit import Applied, apply
from meshgen.operations.new import create
from meshgen.project.base import digest
from meshgen.project.locate import applied_text, find_spec, project_of, spec_in
from meshgen.project.state import State
from meshgen.refactor.errors import RefusedEditError
from meshgen.refactor.remove import remove
from meshgen.refactor.rename import rename

ROOT = Path(__file__).parents[2]
MINIMAL = (ROOT / "specs" / "minimal.yaml").read_text(encoding="utf-8")


def renamed(text: str) -> str:
    return rename(text, "note", "memo")


def edited(path: Path) -> Applied:
    return apply(path, renamed, write=True)


@pytest.fixture
def spec(tmp_path: Path) -> Path:
    path = tmp_path / "notes.yaml"
    path.write_text(MINIMAL, encoding="utf-8")
    return path


@pytest.fixture
def project(spec: Path) -> Path:
    base = spec.parent / ".meshgen"
    base.mkdir()
    (base / "spec.yaml").write_text(MINIMAL, encoding="utf-8")
    state = State(
        version=__version__,
        system="notes",
        spec_file="notes.yaml",
        spec=digest(MINIMAL.encode()),
        parts={},
    )
    (base / "state.json").write_bytes(state.encoded())
    return spec.parent


def test_the_spec_is_written(spec: Path) -> None:
    done = edited(spec)
    assert spec.read_text(encoding="utf-8") == done.after == renamed(MINIMAL)
    assert (done.project, done.update, done.written) == (None, None, True)
    assert [path.name for path in spec.parent.iterdir()] == ["notes.yaml"]


def test_a_dry_run_writes_nothing(spec: Path) -> None:
    done = apply(spec, renamed, write=False)
    assert spec.read_text(encoding="utf-8") == MINIMAL
    assert "+    renamed_from: note\n" in done.diff()


def test_byte_order_mark_and_line_ends_stay(spec: Path) -> None:
    spec.write_bytes(b"\xef\xbb\xbf" + MINIMAL.replace("\n", "\r\n").encode())
    edited(spec)
    after = spec.read_bytes()
    assert after == b"\xef\xbb\xbf" + renamed(MINIMAL).replace("\n", "\r\n").encode()


def test_the_diff_of_a_file_without_a_last_line_end(spec: Path) -> None:
    spec.write_text(MINIMAL.rstrip("\n"), encoding="utf-8")
    done = apply(spec, lambda text: rename(text, "ListNotes", "Notes"), write=False)
    assert done.diff()[-1].endswith("\n\\ No newline at end of file\n")


def test_mode_and_links_stay(spec: Path, tmp_path: Path) -> None:
    spec.chmod(0o640)
    link = tmp_path / "elsewhere"
    link.mkdir()
    (link / "notes.yaml").symlink_to(spec)
    edited(link / "notes.yaml")
    assert (link / "notes.yaml").is_symlink()
    assert spec.stat().st_mode & 0o777 == 0o640
    assert spec.read_text(encoding="utf-8") == renamed(MINIMAL)


def test_what_somebody_else_wrote_meanwhile_is_not_lost(spec: Path) -> None:
    def meanwhile(text: str) -> str:
        spec.write_text(text + "# mine\n", encoding="utf-8")
        return renamed(text)

    with pytest.raises(MeshgenError, match="changed by another program"):
        apply(spec, meanwhile, write=True)
    assert spec.read_text(encoding="utf-8") == MINIMAL + "# mine\n"
    assert len(list(spec.parent.iterdir())) == 1


def test_a_failing_disk_leaves_the_old_file(spec: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(handle: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(MeshgenError, match="No space left on device"):
        edited(spec)
    assert spec.read_text(encoding="utf-8") == MINIMAL
    assert len(list(spec.parent.iterdir())) == 1


def test_a_refusal_names_the_file(spec: Path) -> None:
    with pytest.raises(RefusedEditError, match=r"notes\.yaml was not changed") as caught:
        apply(spec, lambda text: remove(text, "note"), write=True)
    assert caught.value.path == str(spec)
    assert caught.value.findings


def test_the_project_is_updated_together_with_its_spec(tmp_path: Path) -> None:
    project = create(tmp_path / "notes", ROOT / "specs" / "minimal.yaml").target
    done = edited(project / "notes.yaml")
    assert (done.project, done.written) == (project, True)
    assert done.update is not None
    assert not done.update.undecided
    assert (project / "notes.yaml").read_text(encoding="utf-8") == renamed(MINIMAL)
    assert os.listdir(project / "services") == ["memo"]


def test_a_project_whose_name_has_changed_is_edited_like_any_other(tmp_path: Path) -> None:
    project = create(tmp_path / "notes", ROOT / "specs" / "minimal.yaml").target
    spec = project / "notes.yaml"
    spec.write_text(MINIMAL.replace("name: notes", "name: memos"), encoding="utf-8")
    done = edited(find_spec(None, project))
    assert done.update is not None
    assert not done.update.undecided
    assert (project / "memos.yaml").read_text(encoding="utf-8") == done.after
    assert not spec.exists()
    assert find_spec(None, project) == project / "memos.yaml"


def test_only_its_own_spec_belongs_to_a_project(project: Path) -> None:
    other = project / "other.yaml"
    other.write_text(MINIMAL, encoding="utf-8")
    assert project_of(project / "notes.yaml") == project
    assert project_of(other) is None
    assert applied_text(project / "notes.yaml") == MINIMAL
    assert applied_text(other) is None


def test_a_projects_spec_is_its_own_whatever_its_name_says(project: Path) -> None:
    """What is applied is one thing, what is written in the file meanwhile another."""
    (project / "other.yaml").write_text(MINIMAL, encoding="utf-8")
    for text in (MINIMAL.replace("name: notes", "name: memos"), "a: [\n", ""):
        (project / "notes.yaml").write_text(text, encoding="utf-8")
        assert find_spec(None, project) == spec_in(project) == project / "notes.yaml"
        assert project_of(project / "notes.yaml") == project
        assert applied_text(project / "notes.yaml") == MINIMAL


def test_the_spec_of_a_folder(spec: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (spec.parent / "compose.yaml").write_text("services: {}\n", encoding="utf-8")
    (spec.parent / "broken.yaml").write_text("a: [\n", encoding="utf-8")
    assert find_spec(None, spec.parent) == spec
    monkeypatch.chdir(spec.parent)
    assert find_spec(None, None) == Path("notes.yaml")


def test_the_spec_of_the_project_around_here(
    project: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    inner = project / "services" / "note"
    inner.mkdir(parents=True)
    monkeypatch.chdir(inner)
    assert find_spec(None, None) == project / "notes.yaml"


def test_a_folder_without_a_spec(tmp_path: Path) -> None:
    with pytest.raises(MeshgenError, match="there is no spec in"):
        find_spec(None, tmp_path)
    with pytest.raises(MeshgenError, match="there is no folder"):
        find_spec(None, tmp_path / "nowhere")


def test_a_folder_with_two_specs(spec: Path) -> None:
    text = MINIMAL.replace("name: notes", "name: memos")
    (spec.parent / "memos.yaml").write_text(text, encoding="utf-8")
    with pytest.raises(MeshgenError, match=r"several specs in .*: memos\.yaml, notes\.yaml"):
        find_spec(None, spec.parent)


def test_spec_and_project_at_once(spec: Path) -> None:
    with pytest.raises(MeshgenError, match="cannot be combined"):
        find_spec(spec, spec.parent)
