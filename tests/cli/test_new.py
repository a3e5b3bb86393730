"""`meshgen new`: what it writes, what it refuses, and that it writes the same every time."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.trees import digest

ROOT = Path(__file__).parents[2]
SPECS = ROOT / "specs"


def meshgen(*arguments: str, cwd: Path, **env: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "meshgen", *arguments],
        cwd=cwd,
        env={**os.environ, **env},
        capture_output=True,
        text=True,
        check=False,
    )


def new(name: str, cwd: Path, *options: str, **env: str) -> subprocess.CompletedProcess[str]:
    return meshgen("new", name, "--spec", str(SPECS / f"{name}.yaml"), *options, cwd=cwd, **env)


def test_it_writes_a_project_and_says_what_is_next(tmp_path: Path) -> None:
    done = new("minimal", tmp_path)
    assert done.returncode == 0
    assert "make up" in done.stdout
    assert (tmp_path / "minimal" / "notes.yaml").read_bytes() == (
        SPECS / "minimal.yaml"
    ).read_bytes()
    assert os.listdir(tmp_path) == ["minimal"]


def test_a_dry_run_writes_nothing(tmp_path: Path) -> None:
    done = new("minimal", tmp_path, "--dry-run")
    assert done.returncode == 0
    assert "services/note" in done.stdout
    assert os.listdir(tmp_path) == []


def test_json_says_the_same_to_a_program(tmp_path: Path) -> None:
    done = new("minimal", tmp_path, "--json")
    document = json.loads(done.stdout)
    on_disk = {
        path.relative_to(tmp_path / "minimal").as_posix()
        for path in (tmp_path / "minimal").rglob("*")
        if path.is_file()
    }
    assert {file["path"] for file in document["files"]} == on_disk


def test_quiet_says_nothing(tmp_path: Path) -> None:
    done = new("minimal", tmp_path, "--quiet")
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")


def test_a_folder_that_is_not_empty_is_refused(tmp_path: Path) -> None:
    (tmp_path / "minimal").mkdir()
    (tmp_path / "minimal" / "mine.txt").write_text("mine")
    done = new("minimal", tmp_path)
    assert done.returncode == 2
    assert "not empty" in done.stderr
    assert os.listdir(tmp_path / "minimal") == ["mine.txt"]


def test_a_broken_spec_writes_nothing(tmp_path: Path) -> None:
    (tmp_path / "broken.yaml").write_text("meshgen: 1\nname: broken\n")
    done = meshgen("new", "x", "--spec", "broken.yaml", cwd=tmp_path)
    assert done.returncode == 2
    assert "broken.yaml:" in done.stderr
    assert os.listdir(tmp_path) == ["broken.yaml"]


@pytest.mark.parametrize("path", ["shop", "deep/er/shop", "../shop", "./shop/", "{}/shop"])
def test_the_path_may_lead_anywhere(tmp_path: Path, path: str) -> None:
    inside = tmp_path / "inside"
    inside.mkdir()
    path = path.format(tmp_path)
    done = meshgen("new", path, "--spec", str(SPECS / "minimal.yaml"), cwd=inside)
    assert (done.returncode, done.stderr) == (0, "")
    assert f"next: cd {Path(path)} && make up" in done.stdout
    assert (inside / path / "notes.yaml").exists()


def test_this_folder_stays_the_folder_that_it_is(tmp_path: Path) -> None:
    before = tmp_path.stat().st_ino
    done = meshgen("new", ".", "--spec", str(SPECS / "minimal.yaml"), cwd=tmp_path)
    assert done.returncode == 0
    assert "next: make up" in done.stdout
    assert tmp_path.stat().st_ino == before
    named = new("minimal", tmp_path.parent, "--quiet")
    assert named.returncode == 0
    assert digest(tmp_path) == digest(tmp_path.parent / "minimal")


@pytest.mark.parametrize("name", ["..", "", "-x", "a\nb", "x" * 64, "a/b:c"])
def test_what_cannot_be_a_folder_is_refused(tmp_path: Path, name: str) -> None:
    inside = tmp_path / "inside"
    inside.mkdir()
    done = meshgen("new", "--spec", str(SPECS / "minimal.yaml"), "--", name, cwd=inside)
    assert done.returncode == 2
    assert "Traceback" not in done.stderr
    assert [os.listdir(inside), os.listdir(tmp_path)] == [[], ["inside"]]


@pytest.mark.parametrize("name", ["minimal", "shop"])
def test_the_same_spec_gives_the_same_bytes(tmp_path: Path, name: str) -> None:
    trees = []
    for seed in ("0", "12345"):
        folder = tmp_path / seed
        folder.mkdir()
        assert new(name, folder, "--quiet", PYTHONHASHSEED=seed, TZ="Asia/Tokyo").returncode == 0
        trees.append(digest(folder / name))
    assert trees[0] == trees[1]
