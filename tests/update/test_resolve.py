"""`meshgen resolve`, and what git is told of conflicts."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path

import pytest

from meshgen.errors import MeshgenError
from meshgen.merge import Side
from meshgen.operations.resolve import resolve_conflicts
from meshgen.project.git_index import mark_unmerged
from tests.update.sandbox import Sandbox, Texts

CODE = "".join(f"line_{n} = {n}\n" for n in range(9))
MINE = CODE.replace("line_4 = 4", "mine = 4")
NEW = CODE.replace("line_4 = 4", "new = 4").replace("line_8 = 8", "new = 8")
FILES: Texts = {"a.py": CODE, "s/b/c.py": CODE, "logo.png": b"\0old"}


def conflicted(root: Path) -> Sandbox:
    """A project with a conflict of each kind."""
    project = Sandbox.new(root, FILES)
    return with_conflicts(project)


def with_conflicts(project: Sandbox) -> Sandbox:
    project.write("a.py", MINE)
    project.write("s/b/c.py", MINE)
    project.write("logo.png", b"\0mine")
    done = project.update({"a.py": NEW, "logo.png": b"\0new"})
    mark_unmerged(project.root, done.undecided)
    assert [change.path for change in done.undecided] == ["a.py", "logo.png", "s/b/c.py"]
    return project


@pytest.mark.parametrize(
    ("side", "line"), [(Side.OURS, "mine"), (Side.BASE, "line_4"), (Side.THEIRS, "new")]
)
def test_a_side_of_a_conflict(tmp_path: Path, side: Side, line: str) -> None:
    project = conflicted(tmp_path / "p")
    assert resolve_conflicts(project.root, [project.root / "a.py"], side) == ("a.py",)
    assert project.text("a.py") == NEW.replace("new = 4", f"{line} = 4")


@pytest.mark.parametrize(("side", "content"), [(Side.OURS, b"\0mine"), (Side.THEIRS, b"\0new")])
@pytest.mark.parametrize("named", ["logo.png", "logo.png.meshgen-new"])
def test_a_binary_file(tmp_path: Path, side: Side, content: bytes, named: str) -> None:
    project = conflicted(tmp_path / "p")
    resolve_conflicts(project.root, [project.root / named], side)
    assert (project.root / "logo.png").read_bytes() == content
    assert not (project.root / "logo.png.meshgen-new").exists()


def test_all_at_once_and_the_next_update_goes_through(tmp_path: Path) -> None:
    project = conflicted(tmp_path / "p")
    assert resolve_conflicts(project.root, [], Side.THEIRS) == ("a.py", "logo.png")
    assert project.update().nothing


def test_both_sides_one_after_the_other(tmp_path: Path) -> None:
    project = conflicted(tmp_path / "p")
    resolve_conflicts(project.root, [project.root / "a.py"], Side.BOTH)
    assert project.text("a.py") == NEW.replace("new = 4", "mine = 4\nnew = 4")
    with pytest.raises(MeshgenError, match="cannot be merged"):
        resolve_conflicts(project.root, [project.root / "logo.png"], Side.BOTH)


def test_a_file_without_a_conflict_is_refused_and_nothing_is_written(tmp_path: Path) -> None:
    project = conflicted(tmp_path / "p")
    before = project.tree()
    files = [project.root / "a.py", project.root / "s/b/c.py"]
    with pytest.raises(MeshgenError, match=r"s/b/c\.py has no conflict"):
        resolve_conflicts(project.root, files, Side.OURS)
    assert project.tree() == before


def test_incomplete_markers_are_refused(tmp_path: Path) -> None:
    project = conflicted(tmp_path / "p")
    project.write("a.py", project.text("a.py").replace("=======\n", ""))
    with pytest.raises(MeshgenError, match="are incomplete"):
        resolve_conflicts(project.root, [project.root / "a.py"], Side.OURS)


def test_a_file_outside_is_refused(tmp_path: Path) -> None:
    project = conflicted(tmp_path / "p")
    with pytest.raises(MeshgenError, match="not in the project"):
        resolve_conflicts(project.root, [tmp_path / "else.py"], Side.OURS)


class TestGit:
    @pytest.fixture(params=["", "deep/down"], ids=["at the root", "below the root"])
    def project(self, request: pytest.FixtureRequest, tmp_path: Path) -> Sandbox:
        top = tmp_path / "repository"
        place = top / request.param if request.param else top
        place.parent.mkdir(parents=True, exist_ok=True)
        project = Sandbox.new(place, FILES)
        self.git(top, "init", "-q")
        self.git(top, "add", "-A")
        self.git(top, "-c", "user.name=a", "-c", "user.email=a@b.c", "commit", "-qm", "new")
        return with_conflicts(project)

    @staticmethod
    def git(folder: Path, *arguments: str) -> str:
        environment = {**os.environ, "GIT_CONFIG_GLOBAL": os.devnull}
        done = subprocess.run(
            ["git", *arguments],
            cwd=folder,
            capture_output=True,
            text=True,
            env=environment,
            check=True,
        )
        return done.stdout

    def test_status_shows_the_conflicts(self, project: Sandbox) -> None:
        status = self.git(project.root, "status", "--porcelain", ".").splitlines()
        found = {line[3:].rpartition("/")[2]: line[:2] for line in status}
        assert (found["a.py"], found["logo.png"], found["c.py"]) == ("UU", "UU", "UD")

    def test_each_version_is_in_the_index(self, project: Sandbox) -> None:
        prefix = self.git(project.root, "rev-parse", "--show-prefix").strip()
        for stage, text in ((1, CODE), (2, MINE), (3, NEW)):
            assert self.git(project.root, "show", f":{stage}:{prefix}a.py") == text

    def test_a_merge_tool_resolves_them(self, project: Sandbox) -> None:
        tool = [
            "-c",
            'mergetool.take.cmd=cp "$REMOTE" "$MERGED"',
            "-c",
            "mergetool.take.trustExitCode=true",
            "mergetool",
            "--tool=take",
            "-y",
        ]
        self.git(project.root, *tool, "a.py", "logo.png")
        (project.root / "logo.png.meshgen-new").unlink()
        assert project.text("a.py") == NEW
        assert project.update().nothing

    def test_what_git_does_not_track_is_left_alone(self, tmp_path: Path) -> None:
        self.git(tmp_path, "init", "-q")
        conflicted(tmp_path / "p")
        assert "UU" not in self.git(tmp_path, "status", "--porcelain")

    def test_without_git_nothing_is_missing(
        self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setenv("PATH", str(tmp_path))
        conflicted(tmp_path / "p")
