"""A project that was cloned: what is in its `.meshgen/` is somebody else's input."""

from __future__ import annotations

import gzip
import hashlib
import io
import json
import os
import random
import tarfile
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

import pytest

from meshgen.errors import MeshgenError
from meshgen.filesystem.files import File
from meshgen.filesystem.paths import is_inside
from meshgen.filesystem.transaction.journal import identity
from meshgen.project.base import read_base
from tests.update.sandbox import KillAt, Sandbox, in_a_child

FILES = {"README.md": "# old\n", "services/order/app.py": "a = 1\n", "services/cart/app.py": "b\n"}
NEW = {**FILES, "README.md": "# new\n", "services/order/app.py": "a = 2\n"}
HOOK = b"#!/bin/sh\necho owned\n"
ESCAPES = [
    ".git/hooks/pre-commit",
    "sub/.GIT/config",
    ".git./config",
    "git~1/hooks/pre-commit",
    "../outside",
    "services/../../outside",
    "/etc/outside",
    "./README.md",
    "services//app.py",
    "services\\..\\outside",
    "C:/outside",
    "README.md:stream",
    ".g\u200cit/config",
    "a\nb",
    "a\0b",
    "\udc80",
    "",
    "x" * 5000,
]


@pytest.fixture
def project(tmp_path: Path) -> Sandbox:
    project = Sandbox.new(tmp_path / "project", FILES)
    project.write(".git/hooks/pre-commit", "#!/bin/sh\n")
    return project


def everything(root: Path) -> dict[str, bytes]:
    """All files below a folder, but for what meshgen may always write."""
    files = (path for path in sorted(root.rglob("*")) if path.is_file() and not path.is_symlink())
    return {path.relative_to(root).as_posix(): path.read_bytes() for path in files}


def planted(project: Sandbox, document: object, name: str = "journal.json") -> None:
    """Leave a journal, and the file that it would put in place."""
    project.write(".meshgen/work/0.old", HOOK)
    text = document if isinstance(document, str) else json.dumps(document)
    project.write(f".meshgen/work/{name}", text)


def entry(path: str, /, **other: object) -> dict[str, object]:
    before = identity(File(HOOK))
    return {"path": path, "before": before, "after": None, "old": "0.old", "new": None, **other}


JOURNALS: dict[str, object] = {
    **{f"path {n}": {"entries": [entry(path)], "folders": []} for n, path in enumerate(ESCAPES)},
    **{f"folder {n}": {"entries": [], "folders": [path]} for n, path in enumerate(ESCAPES)},
    "its own folder": {"entries": [entry(".meshgen/work/1.old")], "folders": []},
    "a copy elsewhere": {"entries": [entry("a", old="../../../outside")], "folders": []},
    "a copy by another name": {"entries": [entry("a", old="0.new")], "folders": []},
    "no copy": {"entries": [entry("a", old=None)], "folders": []},
    "a copy of nothing": {"entries": [entry("a", before=None)], "folders": []},
    "another copy than it says": {"entries": [entry("a", before="-" + "0" * 64)], "folders": []},
    "no hash": {"entries": [entry("a", before="x")], "folders": []},
    "a number": {"entries": [entry("a", before=5)], "folders": []},
    "a path that is none": {"entries": [entry("a", path=["a"])], "folders": []},
    "a key too many": {"entries": [entry("a", mode=5)], "folders": []},
    "no entries": {"folders": []},
    "a list": [],
    "a text": "no journal",
    "nothing": "",
    "deep": "[" * 100_000,
    "folders that are none": {"entries": [], "folders": [1, None]},
}


@pytest.mark.parametrize("document", JOURNALS.values(), ids=JOURNALS)
def test_a_journal_that_is_not_meshgens_is_refused(project: Sandbox, document: object) -> None:
    planted(project, document)
    before = everything(project.root.parent)
    for write in (False, True):
        with pytest.raises(MeshgenError) as refused:
            project.update(NEW, write=write)
        assert refused.value.hint
    assert "was not written by meshgen" in refused.value.message
    assert everything(project.root.parent) == before


@pytest.mark.parametrize("path", ESCAPES)
def test_so_is_one_of_a_finished_update(project: Sandbox, path: str) -> None:
    removed = entry(path)
    planted(project, {"entries": [removed], "folders": []}, "journal.done")
    with pytest.raises(MeshgenError, match="was not written by meshgen"):
        project.update(NEW)


def test_a_link_leads_nowhere(project: Sandbox, tmp_path: Path) -> None:
    """What is behind a link counts as the user's, whatever the journal says is there."""
    outside = tmp_path / "outside"
    (outside / "empty").mkdir(parents=True)
    (outside / "__pycache__").mkdir()
    (project.root / "linked").symlink_to(outside)
    nothing = identity(File(b"", link=True))
    entries = [entry("linked/file"), entry("linked/file", after=nothing, new="0.new")]
    planted(project, {"entries": entries, "folders": ["linked/empty"]})
    assert project.update().recovered.left == ("linked/file", "linked/file")
    planted(project, {"entries": [entry("linked/file")], "folders": []}, "journal.done")
    project.update()
    assert sorted(path.name for path in outside.iterdir()) == ["__pycache__", "empty"]


@pytest.mark.parametrize("folder", [".meshgen", ".meshgen/work"])
def test_a_linked_folder_of_meshgens_is_refused(
    project: Sandbox, tmp_path: Path, folder: str
) -> None:
    planted(project, {"entries": [entry("a")], "folders": []})
    (project.root / folder).rename(tmp_path / "outside")
    (project.root / folder).symlink_to(tmp_path / "outside")
    before = everything(tmp_path / "outside")
    for write in (False, True):
        with pytest.raises(MeshgenError):
            project.update(NEW, write=write)
    assert everything(tmp_path / "outside") == before


def test_looking_recovers_nothing_and_says_so(project: Sandbox) -> None:
    seen = KillAt(-1)
    Sandbox.new(project.root.parent / "other", FILES).update(NEW, step=seen)
    commit = seen.seen.index("commit")
    in_a_child(partial(project.update, NEW, step=KillAt(commit)))
    before = everything(project.root)
    with pytest.raises(MeshgenError, match="was interrupted") as refused:
        project.update(NEW, write=False)
    assert "meshgen update" in str(refused.value.hint)
    assert everything(project.root) == before
    assert project.update().recovered.restored
    assert project.text("README.md") == FILES["README.md"]


def test_looking_leaves_what_a_finished_update_left(project: Sandbox) -> None:
    project.update(NEW)
    planted(project, {"entries": [], "folders": []}, "journal.done")
    assert project.update(write=False).nothing
    assert (project.root / ".meshgen/work/journal.done").exists()


def archive(*members: tuple[str, bytes, bytes]) -> bytes:
    """A tar of (name, type, content or target)."""
    stream = io.BytesIO()
    with tarfile.open(fileobj=stream, mode="w", format=tarfile.PAX_FORMAT) as tar:
        for name, kind, content in members:
            info = tarfile.TarInfo(name)
            info.type = kind
            if kind == tarfile.REGTYPE:
                info.size = len(content)
            else:
                info.linkname = content.decode()
            tar.addfile(info, io.BytesIO(content))
    return stream.getvalue()


ARCHIVES: dict[str, bytes] = {
    **{
        f"path {n}": archive((path, tarfile.REGTYPE, b"#!/bin/sh\n"))
        for n, path in enumerate(ESCAPES)
        if path and "\0" not in path
    },
    "a link": archive(("README.md", tarfile.SYMTYPE, b"/etc/passwd")),
    "a hard link": archive(("README.md", tarfile.LNKTYPE, b"/etc/passwd")),
    "a folder": archive(("README.md", tarfile.DIRTYPE, b"")),
    "a device": archive(("README.md", tarfile.CHRTYPE, b"")),
    "no archive": b"no archive",
    "half of one": archive(("README.md", tarfile.REGTYPE, b"x" * 5000))[:2000],
    "a compressed one": gzip.compress(archive(("README.md", tarfile.REGTYPE, b"x"))),
}


@pytest.mark.parametrize("content", ARCHIVES.values(), ids=ARCHIVES)
def test_an_archive_that_is_not_meshgens_is_refused(project: Sandbox, content: bytes) -> None:
    state = json.loads(project.text(".meshgen/state.json"))
    state["parts"]["project"] = hashlib.sha256(content).hexdigest()
    project.write(".meshgen/state.json", json.dumps(state))
    project.write(".meshgen/base/project.tar.gz", gzip.compress(content))
    before = everything(project.root)
    for write in (False, True):
        with pytest.raises(MeshgenError, match=r"project\.tar\.gz is damaged"):
            project.update(NEW, write=write)
    assert everything(project.root) == before


def test_an_archive_that_fills_the_memory_is_refused(
    project: Sandbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("meshgen.project.archive._LARGEST", 100)
    with pytest.raises(MeshgenError, match="is damaged"):
        project.update(NEW, write=False)


def changed(key: str, value: Any) -> Callable[[dict[str, Any]], None]:
    return lambda state: state.__setitem__(key, value)


def renamed_part(name: str) -> Callable[[dict[str, Any]], None]:
    return lambda state: state["parts"].__setitem__(name, "0" * 64)


STATES: dict[str, Callable[[dict[str, Any]], None]] = {
    **{f"spec {n}": changed("spec_file", path) for n, path in enumerate(ESCAPES)},
    **{f"part {n}": renamed_part(path) for n, path in enumerate(ESCAPES) if path},
    "spec in a folder": changed("spec_file", "services/app.yaml"),
    "system": changed("system", "../system"),
    "system of another type": changed("system", 5),
    "version": changed("version", ["1"]),
    "parts": changed("parts", [["project", "0" * 64]]),
    "hash": changed("spec", "x"),
    "hash of a part": changed("parts", {"project": 5}),
    "format": changed("format", "1"),
    "a key too many": changed("mode", 5),
}


@pytest.mark.parametrize("change", STATES.values(), ids=STATES)
def test_a_state_that_is_not_meshgens_is_refused(
    project: Sandbox, change: Callable[[dict[str, Any]], None]
) -> None:
    state = json.loads(project.text(".meshgen/state.json"))
    change(state)
    project.write(".meshgen/state.json", json.dumps(state))
    before = everything(project.root.parent)
    for write in (False, True):
        with pytest.raises(MeshgenError, match=r"state\.json is damaged"):
            project.update(NEW, write=write)
    assert everything(project.root.parent) == before


@pytest.mark.parametrize("name", ["state.json", "spec.yaml", "cache.json", "base/project.tar.gz"])
def test_whatever_a_file_holds_there_is_no_traceback(
    project: Sandbox, tmp_path: Path, name: str
) -> None:
    place = project.root / ".meshgen" / name
    good, chance = place.read_bytes(), random.Random(name)
    garbage = [b"", b"\0", b"[]", b"{}", b"null", b"[" * 100_000, b"\xff\xfe", b"9" * 10_000]
    for _ in range(60):
        at, cut = chance.randrange(len(good)), chance.randrange(3)
        flipped = bytes([good[at] ^ 1 << chance.randrange(8)])
        garbage.append(good[:at] if cut == 0 else good[:at] + flipped + good[at + 1 :])
    outside, hints = everything(tmp_path), []
    for content in garbage:
        place.write_bytes(content)
        try:
            project.update(NEW, write=False)
        except MeshgenError as refused:
            hints.append(refused.hint)
    assert all(hints)
    place.write_bytes(good)
    assert everything(tmp_path) == outside


@pytest.mark.parametrize("name", ["state.json", "spec.yaml", "cache.json", "base/project.tar.gz"])
def test_a_file_that_is_a_link_is_not_followed(project: Sandbox, name: str) -> None:
    place = project.root / ".meshgen" / name
    place.unlink()
    place.symlink_to("/dev/zero")
    if name == "cache.json":
        assert not project.update(NEW, write=False).nothing
    elif name == "spec.yaml":  # is read only by what renders
        with pytest.raises(MeshgenError, match="is damaged"):
            read_base(project.root).spec()
    else:
        with pytest.raises(MeshgenError, match="is damaged"):
            project.update({**NEW, "renamed_from": ""}, write=False)


def test_a_files_link_to_a_device_is_not_read(project: Sandbox) -> None:
    (project.root / "README.md").unlink()
    os.symlink("/dev/zero", project.root / "README.md")
    assert not project.update(NEW, write=False).nothing


@pytest.mark.parametrize(
    "path",
    [
        "a",
        ".gitignore",
        ".github/workflows/ci.yml",
        ".meshgen/base/services/order.tar.gz",
        "ü/é.py",
    ],
)
def test_the_paths_of_a_project_are_its_own(path: str) -> None:
    assert is_inside(path)
