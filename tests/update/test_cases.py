"""The cases that a regenerating tool gets wrong, each with real files."""

from __future__ import annotations

import gzip
import json
import os
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from meshgen.errors import MeshgenError
from meshgen.filesystem.files import File
from meshgen.merge import Outcome
from meshgen.project.archive import pack
from meshgen.project.state import archive_path
from tests.update.sandbox import SPEC, Sandbox, outcomes, spec_of

CODE = "".join(f"line_{n} = {n}\n" for n in range(20))
OLD = {"README.md": "# old\n", "services/order/app.py": CODE, "services/order/rules.py": CODE}


@pytest.fixture
def project(tmp_path: Path) -> Sandbox:
    return Sandbox.new(tmp_path / "project", OLD)


def replaced(text: str, **lines: str) -> str:
    """`text` with some of its lines replaced: replaced(CODE, line_3="x")."""
    out = [lines.get(line.split(" ")[0], line) for line in text.splitlines()]
    return "\n".join(out) + "\n"


def test_nothing_changed_is_nothing_to_do(project: Sandbox) -> None:
    before = project.tree()
    done = project.update()
    assert done.nothing
    assert project.tree() == before


def test_every_update_twice_is_a_no_op(project: Sandbox) -> None:
    project.write("services/order/app.py", replaced(CODE, line_2="mine = 2"))
    done = project.update({**OLD, "services/order/app.py": replaced(CODE, line_15="new = 15")})
    assert outcomes(done) == {"services/order/app.py": "merged"}
    before = project.tree()
    assert project.update().nothing
    assert project.tree() == before


class TestCase01TemplateUnchanged:
    def test_keeps_the_edit(self, project: Sandbox) -> None:
        project.write("README.md", "# mine\n")
        done = project.update({**OLD, "new.txt": "new\n"})
        assert project.text("README.md") == "# mine\n"
        assert outcomes(done) == {"new.txt": "created"}

    def test_keeps_the_deletion(self, project: Sandbox) -> None:
        (project.root / "README.md").unlink()
        done = project.update({**OLD, "new.txt": "new\n"})
        assert not (project.root / "README.md").exists()
        assert outcomes(done) == {"new.txt": "created"}


class TestCase02DeletedByTheUserAndChanged:
    def test_stays_deleted_and_is_said(self, project: Sandbox) -> None:
        (project.root / "README.md").unlink()
        done = project.update({**OLD, "README.md": "# changed\n"})
        assert not (project.root / "README.md").exists()
        assert outcomes(done) == {"README.md": "left deleted"}
        assert not done.undecided


class TestCase03NoLongerGenerated:
    def test_edited_it_is_kept_a_conflict(self, project: Sandbox) -> None:
        project.write("services/order/rules.py", CODE + "mine = 1\n")
        done = project.update({k: v for k, v in OLD.items() if "rules" not in k})
        assert project.text("services/order/rules.py") == CODE + "mine = 1\n"
        assert [change.outcome for change in done.undecided] == [Outcome.KEPT]

    def test_unedited_it_goes(self, project: Sandbox) -> None:
        done = project.update({k: v for k, v in OLD.items() if "rules" not in k})
        assert not (project.root / "services/order/rules.py").exists()
        assert outcomes(done) == {"services/order/rules.py": "deleted"}

    def test_kept_it_is_the_users_from_then_on(self, project: Sandbox) -> None:
        project.write("services/order/rules.py", CODE + "mine = 1\n")
        fewer = {k: v for k, v in OLD.items() if "rules" not in k}
        project.update(fewer)
        assert project.update().nothing
        assert project.update({**fewer, "x": "y\n"}).undecided == ()


class TestCase04NewWhereAFileIs:
    def test_identical_is_nothing(self, project: Sandbox) -> None:
        project.write("notes.txt", "the same\n")
        done = project.update({**OLD, "notes.txt": "the same\n"})
        assert outcomes(done) == {}
        assert project.update().nothing

    def test_different_is_marked_and_no_line_is_lost(self, project: Sandbox) -> None:
        project.write("notes.txt", "title\nmine\nend\n")
        done = project.update({**OLD, "notes.txt": "title\nyours\nend\n"})
        assert done.undecided[0].conflicts == (2,)
        assert project.text("notes.txt") == (
            "title\n<<<<<<< yours\nmine\n||||||| base\n=======\nyours\n>>>>>>> meshgen\nend\n"
        )


MOVED = {
    "services/purchase/app.py": "services/order/app.py",
    "services/purchase/rules.py": "services/order/rules.py",
}


class TestCase05Renames:
    def test_declared_they_take_the_edits_along(self, project: Sandbox) -> None:
        project.write("services/order/app.py", replaced(CODE, line_2="mine = 2"))
        new = {
            "README.md": "# old\n",
            "services/purchase/app.py": replaced(CODE, line_15="purchase = 15"),
            "services/purchase/rules.py": CODE,
        }
        done = project.update(new, MOVED)
        assert project.text("services/purchase/app.py") == replaced(
            CODE, line_2="mine = 2", line_15="purchase = 15"
        )
        assert not (project.root / "services/order").exists()
        assert outcomes(done) == dict.fromkeys(MOVED, "moved")
        assert project.update().nothing

    def test_a_private_file_stays_private(self, project: Sandbox) -> None:
        (project.root / "services/order/app.py").chmod(0o600)
        project.update(dict.fromkeys(MOVED, CODE), MOVED)
        assert (project.root / "services/purchase/app.py").stat().st_mode & 0o777 == 0o600

    def test_what_the_user_deleted_stays_deleted(self, project: Sandbox) -> None:
        (project.root / "services/order/app.py").unlink()
        project.update(
            {"services/purchase/app.py": CODE + "x = 1\n"},
            {"services/purchase/app.py": "services/order/app.py"},
        )
        assert not (project.root / "services/purchase/app.py").exists()

    def test_moved_by_hand_before_it_is_merged_there(self, project: Sandbox) -> None:
        project.write("services/purchase/app.py", replaced(CODE, line_2="mine = 2"))
        shutil.rmtree(project.root / "services/order")
        new = {"services/purchase/app.py": replaced(CODE, line_15="new = 15")}
        project.update(new, {"services/purchase/app.py": "services/order/app.py"})
        assert project.text("services/purchase/app.py") == replaced(
            CODE, line_2="mine = 2", line_15="new = 15"
        )

    def test_a_file_of_the_users_in_the_way_is_not_overwritten(self, project: Sandbox) -> None:
        project.write("services/purchase/app.py", "mine\n")
        project.write("services/order/app.py", CODE + "edited = 1\n")
        done = project.update(dict.fromkeys(MOVED, CODE), MOVED)
        assert project.text("services/purchase/app.py") == "mine\n"
        assert project.text("services/purchase/app.py.meshgen-new") == CODE + "edited = 1\n"
        assert [change.path for change in done.undecided] == ["services/purchase/app.py"]

    def test_names_can_move_on(self, project: Sandbox) -> None:
        """b becomes c while a becomes b."""
        shutil.rmtree(project.root)
        chain = Sandbox.new(project.root, {"s/a/f.py": "A = 1\n" * 9, "s/b/f.py": "B = 1\n" * 9})
        chain.write("s/a/f.py", "A = 1\n" * 9 + "mine_a = 1\n")
        chain.write("s/b/f.py", "B = 1\n" * 9 + "mine_b = 1\n")
        chain.update(
            {"s/b/f.py": "A = 1\n" * 9, "s/c/f.py": "B = 1\n" * 9},
            {"s/b/f.py": "s/a/f.py", "s/c/f.py": "s/b/f.py"},
        )
        assert chain.text("s/b/f.py").endswith("mine_a = 1\n")
        assert chain.text("s/c/f.py").endswith("mine_b = 1\n")
        assert not (chain.root / "s/a").exists()

    def test_undeclared_they_keep_edited_files_and_remove_the_others(
        self, project: Sandbox
    ) -> None:
        project.write("services/order/app.py", CODE + "mine = 1\n")
        done = project.update(dict.fromkeys(MOVED, CODE) | {"README.md": "# old\n"})
        assert project.text("services/order/app.py") == CODE + "mine = 1\n"
        assert not (project.root / "services/order/rules.py").exists()
        assert [change.path for change in done.undecided] == ["services/order/app.py"]


class TestCase06RemovedFolders:
    def test_files_of_the_users_stay(self, project: Sandbox) -> None:
        project.write("services/order/notes/mine.txt", "mine")
        project.update({"README.md": "# old\n"})
        assert sorted(p.name for p in (project.root / "services/order").iterdir()) == ["notes"]
        assert project.text("services/order/notes/mine.txt") == "mine"

    def test_empty_folders_go(self, project: Sandbox) -> None:
        project.write("services/order/__pycache__/app.cpython-311.pyc", b"\0")
        project.update({"README.md": "# old\n"})
        assert not (project.root / "services").exists()

    def test_a_folder_that_was_empty_before_stays(self, project: Sandbox) -> None:
        (project.root / "services/order/data").mkdir()
        project.update({"README.md": "# old\n"})
        assert (project.root / "services/order/data").is_dir()


class TestCase07Binary:
    def test_ours_stays_and_theirs_is_put_beside(self, tmp_path: Path) -> None:
        project = Sandbox.new(tmp_path / "p", {"logo.png": b"\x89PNG\0old"})
        project.write("logo.png", b"\x89PNG\0mine")
        done = project.update({"logo.png": b"\x89PNG\0new"})
        assert (project.root / "logo.png").read_bytes() == b"\x89PNG\0mine"
        assert (project.root / "logo.png.meshgen-new").read_bytes() == b"\x89PNG\0new"
        assert len(done.undecided) == 1
        with pytest.raises(MeshgenError, match=r"logo\.png\.meshgen-new"):
            project.update()
        (project.root / "logo.png.meshgen-new").unlink()
        assert project.update().nothing

    def test_unedited_it_is_replaced(self, tmp_path: Path) -> None:
        project = Sandbox.new(tmp_path / "p", {"logo.png": b"\x89PNG\0old"})
        project.update({"logo.png": b"\x89PNG\0new"})
        assert (project.root / "logo.png").read_bytes() == b"\x89PNG\0new"


class TestCase08Modes:
    def test_they_are_merged_apart_from_the_content(self, tmp_path: Path) -> None:
        project = Sandbox.new(tmp_path / "p", {"run.sh": "echo 1\n", "x.sh": "echo 1\n"})
        (project.root / "run.sh").chmod(0o755)
        project.write("x.sh", "echo 1\necho mine\n")
        done = project.update({"run.sh": "echo 2\n", "x.sh": File(b"echo 1\n", executable=True)})
        assert project.text("run.sh") == "echo 2\n"
        assert (project.root / "run.sh").stat().st_mode & 0o777 == 0o755
        assert project.text("x.sh") == "echo 1\necho mine\n"
        assert (project.root / "x.sh").stat().st_mode & 0o777 == 0o755
        assert not done.undecided
        assert project.update().nothing

    def test_private_stays_private(self, tmp_path: Path) -> None:
        project = Sandbox.new(tmp_path / "p", {"a": "1\n", "b": "1\n"})
        (project.root / "a").chmod(0o600)
        (project.root / "b").chmod(0o600)
        project.update({"a": "2\n", "b": File(b"2\n", executable=True)})
        assert (project.root / "a").stat().st_mode & 0o777 == 0o600
        assert (project.root / "b").stat().st_mode & 0o777 == 0o700


class TestCase09HowLinesAreStored:
    @pytest.mark.parametrize(
        "stored",
        [
            lambda text: text.replace("\n", "\r\n"),
            lambda text: "\ufeff" + text,
            lambda text: text.removesuffix("\n"),
            lambda text: "\ufeff" + text.replace("\n", "\r\n").removesuffix("\r\n"),
        ],
        ids=["crlf", "bom", "no newline at the end", "all of them"],
    )
    @pytest.mark.parametrize("edit", [{}, {"line_2": "mine = 2"}], ids=["unedited", "edited"])
    def test_is_kept(self, project: Sandbox, stored: object, edit: dict[str, str]) -> None:
        assert callable(stored)
        project.write("services/order/app.py", stored(replaced(CODE, **edit)))
        new = replaced(CODE, line_15="new = 15")
        done = project.update({**OLD, "services/order/app.py": new})
        assert not done.undecided
        assert project.text("services/order/app.py") == stored(
            replaced(CODE, line_15="new = 15", **edit)
        )

    def test_mixed_line_endings_stay_where_they_are(self, tmp_path: Path) -> None:
        project = Sandbox.new(tmp_path / "p", {"a.txt": CODE})
        project.write("a.txt", CODE.replace("line_2 = 2\n", "line_2 = 2\r\n"))
        new = replaced(CODE, line_15="new = 15")
        project.update({"a.txt": new})
        assert project.text("a.txt") == new.replace("line_2 = 2\n", "line_2 = 2\r\n")

    def test_only_stored_otherwise_counts_as_unedited(self, project: Sandbox) -> None:
        project.write("services/order/rules.py", CODE.replace("\n", "\r\n"))
        done = project.update({k: v for k, v in OLD.items() if "rules" not in k})
        assert outcomes(done) == {"services/order/rules.py": "deleted"}

    def test_text_that_is_not_utf8_is_merged(self, tmp_path: Path) -> None:
        lines = [f"zeile {n} \xe4".encode("latin-1") for n in range(9)]
        project = Sandbox.new(tmp_path / "p", {"a.txt": b"\n".join(lines)})
        project.write("a.txt", b"\n".join([b"m\xfcne", *lines[1:]]))
        project.update({"a.txt": b"\n".join([*lines[:8], b"n\xe9w"])})
        assert (project.root / "a.txt").read_bytes() == b"\n".join(
            [b"m\xfcne", *lines[1:8], b"n\xe9w"]
        )


class TestCase10Links:
    def test_a_linked_folder_is_refused(self, project: Sandbox, tmp_path: Path) -> None:
        outside = tmp_path / "outside"
        shutil.move(project.root / "services", outside)
        (project.root / "services").symlink_to(outside)
        before = project.tree(), sorted(outside.rglob("*"))
        with pytest.raises(MeshgenError, match="services is a symbolic link"):
            project.update({**OLD, "services/order/app.py": "new = 1\n"})
        assert (project.tree(), sorted(outside.rglob("*"))) == before

    def test_a_linked_file_is_the_users(self, project: Sandbox, tmp_path: Path) -> None:
        (tmp_path / "elsewhere.md").write_text("elsewhere\n")
        (project.root / "README.md").unlink()
        (project.root / "README.md").symlink_to(tmp_path / "elsewhere.md")
        done = project.update({**OLD, "README.md": "# new\n"})
        assert (project.root / "README.md").is_symlink()
        assert (tmp_path / "elsewhere.md").read_text() == "elsewhere\n"
        assert project.text("README.md.meshgen-new") == "# new\n"
        assert len(done.undecided) == 1

    def test_a_file_where_a_folder_is_needed_is_refused(self, project: Sandbox) -> None:
        project.write("docs", "a file\n")
        before = project.tree()
        with pytest.raises(MeshgenError, match="docs is a file"):
            project.update({**OLD, "docs/index.md": "# docs\n"})
        assert project.tree() == before

    def test_a_folder_where_a_file_is_needed_is_refused(self, project: Sandbox) -> None:
        project.write("docs.md/mine.txt", "mine\n")
        with pytest.raises(MeshgenError, match=r"docs\.md is a folder"):
            project.update({**OLD, "docs.md": "# docs\n"})


class TestCase11UnresolvedConflicts:
    @pytest.fixture
    def conflicted(self, project: Sandbox) -> Sandbox:
        project.write("services/order/app.py", replaced(CODE, line_2="mine = 2"))
        done = project.update({**OLD, "services/order/app.py": replaced(CODE, line_2="new = 2")})
        assert done.undecided[0].conflicts == (3,)
        return project

    def test_look_like_gits(self, conflicted: Sandbox) -> None:
        marked = (
            "<<<<<<< yours\nmine = 2\n||||||| base\nline_2 = 2\n=======\nnew = 2\n>>>>>>> meshgen"
        )
        assert conflicted.text("services/order/app.py") == replaced(CODE, line_2=marked)

    def test_are_refused_and_listed(self, conflicted: Sandbox) -> None:
        before = conflicted.tree()
        with pytest.raises(MeshgenError) as refused:
            conflicted.update({**OLD, "README.md": "# new\n"})
        assert "  services/order/app.py:3" in refused.value.message.splitlines()
        assert conflicted.tree() == before

    @pytest.mark.parametrize("line", ["<<<<<<< yours", "||||||| base", ">>>>>>> meshgen"])
    def test_half_resolved_are_refused_too(self, conflicted: Sandbox, line: str) -> None:
        conflicted.write("services/order/app.py", f"a = 1\n{line}\nb = 2\n")
        with pytest.raises(MeshgenError, match=r"app\.py:2"):
            conflicted.update()

    def test_left_by_git_are_refused_too(self, project: Sandbox) -> None:
        project.write("README.md", "a\n<<<<<<< HEAD\nb\n=======\nc\n>>>>>>> branch\n")
        with pytest.raises(MeshgenError, match=r"README\.md:2"):
            project.update()

    def test_underlines_of_a_heading_are_none(self, project: Sandbox) -> None:
        project.write("README.md", "Title\n=======\n\n>>>>>>> quoted\n")
        assert project.update().nothing

    def test_in_the_users_own_files_are_the_users_business(self, project: Sandbox) -> None:
        project.write("tests/data.txt", "<<<<<<< HEAD\nb\n=======\nc\n>>>>>>> branch\n")
        assert project.update().nothing

    def test_in_lines_that_look_like_markers(self, tmp_path: Path) -> None:
        """The markers are made longer than what is in the text."""
        project = Sandbox.new(tmp_path / "p", {"a.txt": CODE})
        project.write("a.txt", replaced(CODE, line_2="======="))
        done = project.update({"a.txt": replaced(CODE, line_2="new")})
        assert "<<<<<<<< yours\n=======\n||||||||" in project.text("a.txt")
        assert done.undecided[0].conflicts == (3,)


class TestCase12NewerProject:
    def test_is_refused(self, project: Sandbox) -> None:
        path = project.root / ".meshgen/state.json"
        state = json.loads(path.read_text())
        path.write_text(json.dumps({**state, "version": "99.0.0"}))
        before = project.tree()
        with pytest.raises(MeshgenError, match=r"last updated by meshgen 99\.0\.0"):
            project.update()
        assert project.tree() == before

    def test_in_a_format_to_come_is_refused(self, project: Sandbox) -> None:
        path = project.root / ".meshgen/state.json"
        path.write_text('{"format": 2, "version": "0.0.1", "surprise": {}}')
        with pytest.raises(MeshgenError, match="last updated by"):
            project.update()


class TestCase13DamagedBase:
    @pytest.mark.parametrize(
        "damage",
        [
            lambda data: b"",
            lambda data: data[:-9],
            lambda data: b"junk",
            lambda data: gzip.compress(gzip.decompress(data).replace(b"line_2", b"line_X")),
        ],
        ids=["empty", "cut", "junk", "altered"],
    )
    def test_an_archive(self, project: Sandbox, damage: object) -> None:
        assert callable(damage)
        path = project.root / ".meshgen/base/services/order.tar.gz"
        path.write_bytes(damage(path.read_bytes()))
        before = project.tree()
        with pytest.raises(MeshgenError, match=r"order\.tar\.gz is damaged"):
            project.update({**OLD, "services/order/app.py": "new = 1\n"})
        assert project.tree() == before

    def test_an_archive_that_is_missing(self, project: Sandbox) -> None:
        (project.root / ".meshgen/base/services/order.tar.gz").unlink()
        with pytest.raises(MeshgenError, match=r"order\.tar\.gz is damaged"):
            project.update()

    @pytest.mark.parametrize(
        "state", ["", "{", "[]", "{}", '{"format": 1}', '{"format": 1, "version": "0.1.0"}']
    )
    def test_the_state(self, project: Sandbox, state: str) -> None:
        project.write(".meshgen/state.json", state)
        with pytest.raises(MeshgenError, match=r"state\.json is damaged") as refused:
            project.update()
        assert "adopt" in (refused.value.hint or "")

    def test_missing_asks_for_adopt(self, project: Sandbox) -> None:
        shutil.rmtree(project.root / ".meshgen")
        with pytest.raises(MeshgenError, match="is not a meshgen project") as refused:
            project.update()
        assert "meshgen adopt" in (refused.value.hint or "")

    def test_an_archive_that_would_write_elsewhere(self, project: Sandbox) -> None:
        archive, digest = pack({"../outside.txt": File(b"x")})
        (project.root / archive_path("project")).write_bytes(archive)
        path = project.root / ".meshgen/state.json"
        state = json.loads(path.read_text())
        path.write_text(json.dumps({**state, "parts": {"project": digest}}))
        with pytest.raises(MeshgenError, match="is damaged"):
            project.update({})


class TestCase15OnePathForTemplateAndSpec:
    def test_a_new_engine_and_a_new_spec_at_once(self, project: Sandbox) -> None:
        """The spec in the project was edited, and meshgen renders another line for it."""
        project.write("services/order/app.py", replaced(CODE, line_2="mine = 2"))
        new = {**OLD, "services/order/app.py": replaced(CODE, line_15="new = 15")}
        project.write(SPEC, spec_of(new, engine="2"))
        done = project.update()
        assert outcomes(done) == {"services/order/app.py": "merged"}
        assert project.update().nothing


class TestCase16OnlyReformatted:
    BASE = 'def f(a, b):\n    """Say."""\n    return {"a": a, "b": b}  # both\n\n\nX = f(1, 2)\n'
    REFORMATTED = (
        "def f(\n    a,\n    b,\n):\n    '''Say.'''\n    return {\n        'a': (a),\n"
        "        'b': b,\n    }   # both\nX = f(1, 2,)\n"
    )
    NEW = BASE.replace("f(1, 2)", "f(3, 4)").replace('return {"a"', 'return {"c": 1, "a"')

    def test_counts_as_unedited(self, tmp_path: Path) -> None:
        project = Sandbox.new(tmp_path / "p", {"s/a/f.py": self.BASE})
        project.write("s/a/f.py", self.REFORMATTED)
        done = project.update({"s/a/f.py": self.NEW})
        assert outcomes(done) == {"s/a/f.py": "updated"}
        assert project.text("s/a/f.py") == self.NEW

    def test_stays_where_meshgen_changes_nothing(self, tmp_path: Path) -> None:
        project = Sandbox.new(tmp_path / "p", {"s/a/f.py": self.BASE})
        project.write("s/a/f.py", self.REFORMATTED)
        project.update({"s/a/f.py": self.BASE, "x": "y\n"})
        assert project.text("s/a/f.py") == self.REFORMATTED

    def test_goes_with_what_is_no_longer_generated(self, tmp_path: Path) -> None:
        project = Sandbox.new(tmp_path / "p", {"s/a/f.py": self.BASE})
        project.write("s/a/f.py", self.REFORMATTED)
        assert outcomes(project.update({})) == {"s/a/f.py": "deleted"}

    @pytest.mark.parametrize(
        ("old", "new"),
        [
            ("# both", "# both, always"),
            ("# both", "# both."),
            ("Say.", "Say it."),
            ("f(1, 2)", "f(2, 1)"),
            ('"a": a', '"a": b'),
            ("X = f(1, 2)", "X = f((1, 2))"),
        ],
    )
    def test_a_real_edit_is_none(self, tmp_path: Path, old: str, new: str) -> None:
        edited = self.BASE.replace(old, new)
        assert edited != self.BASE
        project = Sandbox.new(tmp_path / "p", {"s/a/f.py": self.BASE})
        project.write("s/a/f.py", edited)
        done = project.update({})
        assert project.text("s/a/f.py") == edited
        assert len(done.undecided) == 1


def test_a_file_that_cannot_be_read_is_an_error() -> None:
    with tempfile.TemporaryDirectory() as folder:
        project = Sandbox.new(Path(folder) / "p", OLD)
        for path in (Path(folder), *Path(folder).rglob("*")):
            path.chmod(0o777)
        (project.root / "README.md").chmod(0)
        with without_privileges(), pytest.raises(MeshgenError, match=r"README\.md cannot be read"):
            project.update({**OLD, "README.md": "# new\n"})


@contextmanager
def without_privileges() -> Iterator[None]:
    """Root reads every file: be the user nobody for a while."""
    if os.geteuid():
        yield
        return
    os.seteuid(65534)
    try:
        yield
    finally:
        os.seteuid(0)
