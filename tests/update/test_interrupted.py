"""Case 14: a kill at every step, a full disk, two runs at once. The old tree, or the new one."""

from __future__ import annotations

import errno
import os
import resource
import shutil
import signal
import subprocess
import time
from collections.abc import Iterator
from functools import partial
from pathlib import Path

import pytest

from meshgen.errors import MeshgenError
from meshgen.filesystem.files import File
from meshgen.filesystem.transaction import Edit, apply
from tests.update.sandbox import KillAt, Sandbox, Texts, in_a_child

Tree = dict[str, tuple[bytes, int]]

OLD: Texts = {
    "README.md": "# old\n",
    "run.sh": File(b"old\n", executable=True),
    "services/order/app.py": "".join(f"line_{n} = {n}\n" for n in range(9)),
    "services/cart/app.py": "cart = 1\n",
}
NEW: Texts = {
    "README.md": "# new\n",
    "run.sh": "new\n",
    "services/order/app.py": "".join(f"line_{n} = {n}\n" for n in range(12)),
    "services/mail/src/deep/app.py": "mail = 1\n",
}


def edited(root: Path) -> Sandbox:
    project = Sandbox.new(root, OLD)
    project.write("services/order/app.py", "mine = 0\n" + project.text("services/order/app.py"))
    project.write("services/mine.txt", "mine\n")
    return project


def copied(project: Sandbox, to: Path) -> Sandbox:
    shutil.copytree(project.root, to, symlinks=True)
    return Sandbox(to)


@pytest.fixture
def project(tmp_path: Path) -> Sandbox:
    return edited(tmp_path / "project")


@pytest.fixture
def new_tree(project: Sandbox, tmp_path: Path) -> Tree:
    done = copied(project, tmp_path / "done")
    done.update(NEW)
    return done.tree()


def steps_of(project: Sandbox, tmp_path: Path) -> list[str]:
    watched = copied(project, tmp_path / "watched")
    seen = KillAt(-1)
    watched.update(NEW, step=seen)
    return seen.seen


def recovered(project: Sandbox) -> Tree:
    """The tree after the next start of meshgen."""
    project.update()
    assert not (project.root / ".meshgen/work").exists()
    return project.tree()


def test_a_kill_at_every_step(project: Sandbox, new_tree: Tree, tmp_path: Path) -> None:
    old_tree, steps = project.tree(), steps_of(project, tmp_path)
    assert len(steps) > 30
    commit = steps.index("commit")
    for number, step in enumerate(steps):
        victim = copied(project, tmp_path / f"killed-{number}")
        status = in_a_child(partial(victim.update, NEW, step=KillAt(number)))
        assert status == signal.SIGKILL
        expected = old_tree if number <= commit else new_tree
        assert recovered(victim) == expected, step
        if number <= commit:  # and the update can be had after all
            victim.update(NEW)
            assert victim.tree() == new_tree, step


def test_a_kill_of_the_repair_at_every_step(project: Sandbox, tmp_path: Path) -> None:
    old_tree, steps = project.tree(), steps_of(project, tmp_path)
    broken = copied(project, tmp_path / "broken")
    in_a_child(lambda: broken.update(NEW, step=KillAt(steps.index("commit"))))
    assert broken.tree() != old_tree
    repair = KillAt(-1)
    copied(broken, tmp_path / "repaired").update(step=repair)
    assert len(repair.seen) > 10
    for number, step in enumerate(repair.seen):
        victim = copied(broken, tmp_path / f"again-{number}")
        status = in_a_child(partial(victim.update, step=KillAt(number)))
        assert status == signal.SIGKILL
        assert recovered(victim) == old_tree, step


def test_what_was_edited_after_the_kill_is_not_overwritten(
    project: Sandbox, tmp_path: Path
) -> None:
    steps = steps_of(project, tmp_path)
    in_a_child(lambda: project.update(NEW, step=KillAt(steps.index("commit"))))
    project.write("README.md", "# edited after the kill\n")
    project.write("services/cart/app.py", "written anew\n")
    found = project.update()
    assert project.text("README.md") == "# edited after the kill\n"
    assert project.text("services/cart/app.py") == "written anew\n"
    assert project.text("run.sh") == "old\n"
    assert found.recovered.restored
    assert found.recovered.left == ("README.md", "services/cart/app.py")


def test_what_is_edited_during_the_update_is_not_overwritten(project: Sandbox) -> None:
    def edit_meanwhile(step: str) -> None:
        if step == "journal":
            project.write("README.md", "# edited meanwhile\n")

    with pytest.raises(MeshgenError, match=r"README\.md was changed while"):
        project.update(NEW, step=edit_meanwhile)
    assert project.text("README.md") == "# edited meanwhile\n"
    assert project.text("run.sh") == "old\n"
    assert not (project.root / ".meshgen/work").exists()


@pytest.mark.parametrize("error", [errno.ENOSPC, errno.EIO, errno.EROFS, errno.EDQUOT])
def test_a_disk_that_refuses_at_every_step(project: Sandbox, tmp_path: Path, error: int) -> None:
    old_tree, steps = project.tree(), steps_of(project, tmp_path)
    for number in range(steps.index("commit") + 1):

        def refuse(step: str, left: list[int] = [number]) -> None:  # noqa: B006 - a counter
            left[0] -= 1
            if left[0] == -1:
                raise OSError(error, os.strerror(error))

        with pytest.raises(MeshgenError, match="cannot be written"):
            project.update(NEW, step=refuse)
        assert project.tree() == old_tree, steps[number]
        assert not (project.root / ".meshgen/work").exists()


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    place = tmp_path / "disk"
    place.mkdir()
    mount = ["mount", "-t", "tmpfs", "-o", "size=256k", "none", str(place)]
    if os.geteuid() or subprocess.run(mount, capture_output=True, check=False).returncode:
        pytest.skip("no file system can be mounted here; the injected failures stand in for it")
    try:
        yield place
    finally:
        subprocess.run(["umount", str(place)], check=True)


def test_a_disk_that_is_full(small_disk: Path) -> None:
    project = edited(small_disk / "project")
    old_tree = project.tree()
    with pytest.raises(MeshgenError, match="No space left"):
        project.update({**NEW, "big.txt": "x" * 300_000})
    assert project.tree() == old_tree
    project.update(NEW)
    assert project.text("README.md") == "# new\n"


def test_a_file_that_may_not_grow(project: Sandbox) -> None:
    old_tree = project.tree()

    def limited() -> None:
        resource.setrlimit(resource.RLIMIT_FSIZE, (4096, 4096))
        project.update({**NEW, "big.txt": os.urandom(20_000)})

    assert in_a_child(limited) != 0
    assert recovered(project) == old_tree


def test_an_interruption_from_the_keyboard(project: Sandbox) -> None:
    old_tree = project.tree()

    def interrupt(step: str) -> None:
        if step == "replace run.sh":
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        project.update(NEW, step=interrupt)
    assert project.tree() == old_tree


def test_two_runs_at_once(project: Sandbox, new_tree: Tree) -> None:
    ready, go = project.root.parent / "ready", project.root.parent / "go"

    def wait(step: str) -> None:
        if step == "journal":
            ready.touch()
            while not go.exists():
                time.sleep(0.01)

    child = os.fork()
    if child == 0:
        try:
            project.update(NEW, step=wait)
        finally:
            os._exit(0)
    while not ready.exists():
        time.sleep(0.01)
    for write in (True, False):
        with pytest.raises(MeshgenError, match="meshgen is already running"):
            project.update(OLD, write=write)
    go.touch()
    os.waitpid(child, 0)
    assert project.tree() == new_tree


def test_nothing_to_do_writes_nothing(project: Sandbox) -> None:
    seen = KillAt(-1)
    project.update(OLD)
    project.update(OLD, step=seen)
    assert seen.seen == []


def test_an_edit_whose_file_is_not_as_expected_is_refused(project: Sandbox) -> None:
    wrong = Edit(path="README.md", before=None, after=File(b"new\n"))
    with pytest.raises(MeshgenError, match="was changed"):
        apply(project.root, [wrong])
    assert project.text("README.md") == "# old\n"


def test_a_file_system_without_hard_links(
    project: Sandbox, new_tree: Tree, monkeypatch: pytest.MonkeyPatch
) -> None:
    def no_link(*_: object, **__: object) -> None:
        raise OSError(errno.EPERM, "no")

    monkeypatch.setattr(os, "link", no_link)
    project.update(NEW)
    assert project.tree() == new_tree
