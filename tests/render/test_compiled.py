"""Compiled templates are code: they are read only if nobody else can have written them."""

from __future__ import annotations

from pathlib import Path

import pytest

from meshgen.render.compiled import Compiled

KEY = ("source", None, "file")
CODE = compile("1 + 1", "template", "eval")


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A cache with an entry."""
    compiled = Compiled()
    compiled.put(KEY, CODE)
    compiled.save(tmp_path / "cache", "a" * 64)
    return tmp_path / "cache"


def loaded(folder: Path, fingerprint: str = "a" * 64) -> bool:
    compiled = Compiled()
    compiled.load(folder, fingerprint)
    return compiled.get(KEY) is not None


def only_file(folder: Path) -> Path:
    (path,) = folder.iterdir()
    return path


def test_what_was_compiled_is_there_the_next_time(folder: Path) -> None:
    assert loaded(folder)
    assert not loaded(folder, "b" * 64)
    assert folder.stat().st_mode & 0o777 == 0o700
    assert only_file(folder).stat().st_mode & 0o777 == 0o600


def test_a_folder_that_others_may_enter_is_not_read(folder: Path) -> None:
    folder.chmod(0o777)
    assert not loaded(folder)


def test_a_file_that_others_may_write_is_not_read(folder: Path) -> None:
    only_file(folder).chmod(0o666)
    assert not loaded(folder)


def test_what_belongs_to_somebody_else_is_not_read(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    owner = folder.stat().st_uid
    monkeypatch.setattr("os.getuid", lambda: owner + 1)
    assert not loaded(folder)


def test_a_link_is_not_followed(folder: Path, tmp_path: Path) -> None:
    path = only_file(folder)
    path.rename(tmp_path / "elsewhere")
    path.symlink_to(tmp_path / "elsewhere")
    assert not loaded(folder)
    (tmp_path / "link").symlink_to(folder)
    assert not loaded(tmp_path / "link")


@pytest.mark.parametrize("content", [b"", b"x", b"x" * 100])
def test_a_damaged_file_is_not_read(folder: Path, content: bytes) -> None:
    only_file(folder).write_bytes(content)
    assert not loaded(folder)


def test_nothing_is_written_where_others_may_write(folder: Path) -> None:
    only_file(folder).unlink()
    folder.chmod(0o777)
    compiled = Compiled()
    compiled.put(KEY, CODE)
    compiled.save(folder, "a" * 64)
    assert list(folder.iterdir()) == []


def test_what_is_for_one_process_only_is_not_written(tmp_path: Path) -> None:
    compiled = Compiled()
    compiled.put(KEY, CODE, lasting=False)
    compiled.save(tmp_path / "cache", "a" * 64)
    assert compiled.get(KEY) is CODE
    assert not (tmp_path / "cache").exists()


def test_a_few_are_kept(folder: Path) -> None:
    for number in range(8):
        compiled = Compiled()
        compiled.put(KEY, CODE)
        compiled.save(folder, str(number) * 64)
    assert len(list(folder.iterdir())) == 4
