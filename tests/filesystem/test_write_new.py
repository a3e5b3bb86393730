"""A new project appears whole, or not at all."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path

import pytest

from meshgen.errors import MeshgenError
from meshgen.filesystem.create import write_new
from meshgen.render import File
from tests.waiting import wait_until

FILES = {"a.txt": File(b"a"), "deep/down/run": File(b"#!/bin/sh\n", executable=True)}

SLOW_WRITER = """
import sys, time
from pathlib import Path
from meshgen.filesystem.files import File
from meshgen.filesystem.create import write_new

class Slow:
    executable = False
    @property
    def content(self):
        print("writing", flush=True)
        time.sleep(0.2)
        return b"x"

write_new(Path(sys.argv[1]), {f"{n}.txt": Slow() for n in range(50)})
"""


def test_the_files_are_there_with_their_modes(tmp_path: Path) -> None:
    write_new(tmp_path / "new", FILES)
    assert (tmp_path / "new" / "a.txt").read_bytes() == b"a"
    assert (tmp_path / "new" / "a.txt").stat().st_mode & 0o777 == 0o644
    assert (tmp_path / "new" / "deep/down/run").stat().st_mode & 0o777 == 0o755
    assert os.listdir(tmp_path) == ["new"]


def test_an_empty_folder_is_filled_and_stays(tmp_path: Path) -> None:
    (tmp_path / "new").mkdir(mode=0o700)
    before = (tmp_path / "new").stat()
    write_new(tmp_path / "new", FILES)
    after = (tmp_path / "new").stat()
    assert (after.st_ino, after.st_mode) == (before.st_ino, before.st_mode)
    assert sorted(os.listdir(tmp_path / "new")) == ["a.txt", "deep"]
    assert (tmp_path / "new" / "deep/down/run").stat().st_mode & 0o777 == 0o755


def test_folders_on_the_way_are_made(tmp_path: Path) -> None:
    write_new(tmp_path / "on/the/way", FILES)
    assert sorted(os.listdir(tmp_path / "on/the/way")) == ["a.txt", "deep"]


def test_a_folder_that_is_not_empty_is_refused(tmp_path: Path) -> None:
    (tmp_path / "mine.txt").write_text("mine")
    with pytest.raises(MeshgenError, match="is not empty"):
        write_new(tmp_path, FILES)
    assert os.listdir(tmp_path) == ["mine.txt"]


def test_a_file_in_the_way_is_refused(tmp_path: Path) -> None:
    (tmp_path / "new").write_text("a file")
    with pytest.raises(MeshgenError, match="not a folder"):
        write_new(tmp_path / "new", FILES)


def test_a_symbolic_link_in_the_way_is_refused(tmp_path: Path) -> None:
    (tmp_path / "elsewhere").mkdir()
    (tmp_path / "new").symlink_to(tmp_path / "elsewhere")
    with pytest.raises(MeshgenError):
        write_new(tmp_path / "new", FILES)
    assert os.listdir(tmp_path / "elsewhere") == []


def test_a_file_that_cannot_be_written_leaves_nothing(tmp_path: Path) -> None:
    with pytest.raises(MeshgenError, match="cannot write"):
        write_new(tmp_path / "on/the/way", {**FILES, "n" * 300: File(b"")})
    assert os.listdir(tmp_path) == []
    with pytest.raises(MeshgenError, match="cannot write"):
        write_new(tmp_path, {**FILES, "n" * 300: File(b"")})
    assert os.listdir(tmp_path) == []


def test_an_empty_folder_that_is_filled_meanwhile_is_left_alone(tmp_path: Path) -> None:
    class Filling(Mapping[str, File]):
        def __getitem__(self, path: str) -> File:
            (tmp_path / "mine.txt").write_text("mine")
            return FILES[path]

        def __iter__(self) -> Iterator[str]:
            return iter(FILES)

        def __len__(self) -> int:
            return len(FILES)

    with pytest.raises(MeshgenError, match="not empty any more"):
        write_new(tmp_path, Filling())
    assert os.listdir(tmp_path) == ["mine.txt"]


@pytest.mark.parametrize("path", ["new", "on/the/way", "."])
@pytest.mark.parametrize("how", [signal.SIGINT, signal.SIGTERM, signal.SIGKILL])
def test_killed_half_way_it_leaves_nothing(tmp_path: Path, how: signal.Signals, path: str) -> None:
    command = [sys.executable, "-c", SLOW_WRITER, str(tmp_path / path)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL) as process:
        assert process.stdout is not None
        for _ in range(3):
            process.stdout.readline()
        assert len(os.listdir(tmp_path)) == 1  # the hidden staging folder, or the way to it
        process.send_signal(how)
        process.wait()
    wait_until(lambda: os.listdir(tmp_path) == [], "the cleaning up")
