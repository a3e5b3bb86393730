"""`meshgen update`, `diff`, `resolve` and `adopt` as a user meets them."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from meshgen.operations.new import create
from tests.trees import digest

SPEC = Path(__file__).parents[2] / "specs" / "minimal.yaml"
DOMAIN = "services/note/src/notes_note/domain/note.py"
HTTP = "services/note/src/notes_note/http.py"


def meshgen(*arguments: str | Path, cwd: Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "meshgen", *map(str, arguments)],
        cwd=cwd,
        env={**os.environ, "NO_COLOR": "1"},
        capture_output=True,
        text=True,
        check=False,
    )


@pytest.fixture(scope="module")
def pristine(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return create(tmp_path_factory.mktemp("new") / "notes", SPEC).target


@pytest.fixture
def project(pristine: Path, tmp_path: Path) -> Path:
    return Path(shutil.copytree(pristine, tmp_path / "notes"))


def replace_in(path: Path, old: str, new: str) -> None:
    text = path.read_text()
    assert old in text
    path.write_text(text.replace(old, new))


@pytest.fixture
def other_page(project: Path) -> Path:
    """A project whose spec was changed."""
    replace_in(project / "notes.yaml", "page: 20", "page: 10")
    return project


@pytest.fixture
def conflicting(other_page: Path) -> Path:
    """And a line by hand at the same place."""
    replace_in(other_page / HTTP, "page=20", "page=99")
    return other_page


def test_nothing_to_do(project: Path) -> None:
    before = digest(project)
    for command in ("update", "diff"):
        done = meshgen(command, cwd=project)
        assert (done.returncode, done.stderr) == (0, "")
    assert digest(project) == before


def test_an_update_says_what_it_did(other_page: Path) -> None:
    done = meshgen("update", cwd=other_page)
    assert done.returncode == 0
    assert f"  updated      {HTTP}\n" in done.stdout
    assert "page=10" in (other_page / HTTP).read_text()
    assert "nothing to do" in meshgen("update", cwd=other_page).stdout


def test_from_a_folder_inside_the_project(other_page: Path) -> None:
    assert meshgen("update", cwd=other_page / "services" / "note").returncode == 0
    assert "page=10" in (other_page / HTTP).read_text()


def test_from_outside_of_the_project(other_page: Path, tmp_path: Path) -> None:
    done = meshgen("update", "--project", other_page, "--quiet", cwd=tmp_path)
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")
    assert "page=10" in (other_page / HTTP).read_text()


def test_json_says_the_same_to_a_program(other_page: Path) -> None:
    told = json.loads(meshgen("update", "--json", cwd=other_page).stdout)
    assert told["ok"] is True
    assert {"path": HTTP, "outcome": "updated"} in told["changes"]
    assert told["rendered"] == ["services/note"]


def test_a_diff_writes_nothing_and_can_be_applied(other_page: Path) -> None:
    before = digest(other_page)
    done = meshgen("diff", "--exit-code", cwd=other_page)
    assert done.returncode == 1
    assert digest(other_page) == before
    applied = subprocess.run(
        ["git", "apply", "-"], input=done.stdout, text=True, cwd=other_page, check=False
    )
    assert applied.returncode == 0
    assert "page=10" in (other_page / HTTP).read_text()


def test_a_diff_in_short(other_page: Path) -> None:
    done = meshgen("diff", "--stat", cwd=other_page)
    assert done.returncode == 1
    assert f"  updated      {HTTP}\n" in done.stdout
    assert "page=10" not in done.stdout


def test_a_diff_for_a_program(other_page: Path) -> None:
    told = json.loads(meshgen("diff", "--json", cwd=other_page).stdout)
    (change,) = [change for change in told["changes"] if change["path"] == HTTP]
    assert "page=10" in change["diff"]
    assert told["nothing_to_do"] is False


def test_a_conflict_is_exit_code_1_and_listed(conflicting: Path) -> None:
    done = meshgen("update", cwd=conflicting)
    assert done.returncode == 1
    assert f"  {HTTP}:" in done.stdout
    assert "<<<<<<< yours" in (conflicting / HTTP).read_text()
    again = meshgen("update", cwd=conflicting)
    assert again.returncode == 2
    assert "there are unresolved conflicts of the last update" in again.stderr
    assert f"  {HTTP}:" in again.stderr


def test_a_conflict_is_told_even_quietly(conflicting: Path) -> None:
    done = meshgen("update", "-q", cwd=conflicting)
    assert (done.returncode, done.stdout) == (1, "")
    assert HTTP in done.stderr


def test_a_conflict_for_a_program(conflicting: Path) -> None:
    done = meshgen("update", "--json", cwd=conflicting)
    told = json.loads(done.stdout)
    assert (done.returncode, told["ok"], told["undecided"]) == (1, False, 1)
    (change,) = [change for change in told["changes"] if change["path"] == HTTP]
    assert change["outcome"] == "conflict"
    assert len(change["conflicts"]) == 1


@pytest.mark.parametrize(("side", "page"), [("--ours", 99), ("--theirs", 10), ("--base", 20)])
def test_a_conflict_is_resolved(conflicting: Path, side: str, page: int) -> None:
    meshgen("update", cwd=conflicting)
    done = meshgen("resolve", side, HTTP, cwd=conflicting)
    assert done.returncode == 0
    assert f"page={page}" in (conflicting / HTTP).read_text()
    assert meshgen("update", cwd=conflicting).returncode == 0


@pytest.mark.parametrize(
    "arguments", [[], ["--ours"], [HTTP], ["--ours", "--theirs", HTTP], ["--ours", "--all", HTTP]]
)
def test_resolve_wants_to_know_what_and_how(conflicting: Path, arguments: list[str]) -> None:
    meshgen("update", cwd=conflicting)
    done = meshgen("resolve", *arguments, cwd=conflicting)
    assert done.returncode == 2
    assert "Traceback" not in done.stderr


def test_a_new_spec_is_merged_with_edits_of_the_projects_own(other_page: Path) -> None:
    replace_in(other_page / "notes.yaml", "page: 10", "page: 20")
    replace_in(other_page / "notes.yaml", "# One service", "# Just one service")
    (other_page.parent / "new.yaml").write_text(
        SPEC.read_text().replace("max_length: 500", "max_length: 400")
    )
    done = meshgen("update", "--spec", other_page.parent / "new.yaml", cwd=other_page)
    assert done.returncode == 0
    spec = (other_page / "notes.yaml").read_text()
    assert "max_length: 400" in spec
    assert "# Just one service" in spec
    assert meshgen("diff", cwd=other_page).returncode == 0


def test_a_new_spec_that_contradicts_the_projects_own_is_refused(other_page: Path) -> None:
    (other_page.parent / "new.yaml").write_text(SPEC.read_text().replace("page: 20", "page: 30"))
    before = digest(other_page)
    done = meshgen("update", "--spec", "../new.yaml", cwd=other_page)
    assert done.returncode == 2
    assert "change the same lines" in done.stderr
    assert digest(other_page) == before


def test_a_broken_spec_changes_nothing(project: Path) -> None:
    replace_in(project / "notes.yaml", "store: sqlite", "store: paper")
    before = digest(project)
    done = meshgen("update", cwd=project)
    assert done.returncode == 2
    assert "notes.yaml:8:12: a store cannot be `paper`" in done.stderr
    assert digest(project) == before


def test_outside_of_a_project(tmp_path: Path) -> None:
    for command in ("update", "diff"):
        done = meshgen(command, cwd=tmp_path)
        assert done.returncode == 2
        assert "is not a meshgen project" in done.stderr
    assert list(tmp_path.iterdir()) == []


def test_a_project_is_adopted(project: Path) -> None:
    shutil.rmtree(project / ".meshgen")
    replace_in(project / DOMAIN, "yours to edit", "mine by now")
    done = meshgen("adopt", cwd=project)
    assert done.returncode == 0
    assert f"  {DOMAIN}  +1 -1\n" in done.stdout
    assert meshgen("diff", cwd=project).returncode == 0


def test_git_sees_nothing_after_an_update_that_did_nothing(project: Path) -> None:
    def git(*arguments: str) -> str:
        done = subprocess.run(
            ["git", "-c", "user.name=a", "-c", "user.email=a@b.c", *arguments],
            cwd=project,
            capture_output=True,
            text=True,
            check=True,
        )
        return done.stdout

    git("init", "-q")
    git("add", "-A")
    git("commit", "-qm", "new")
    assert ".meshgen/state.json" in git("ls-files")
    assert "cache.json" not in git("ls-files")
    (project / ".meshgen/cache.json").unlink()
    assert meshgen("update", cwd=project).returncode == 0
    assert git("status", "--porcelain") == ""


@pytest.mark.parametrize("command", ["update", "diff", "resolve", "adopt"])
def test_help_has_examples(command: str, tmp_path: Path) -> None:
    done = meshgen(command, "--help", cwd=tmp_path)
    assert done.returncode == 0
    assert f"meshgen {command}" in done.stdout.split("Examples:")[1]
