"""A folder a case: `spec.yaml`, the `command` that edits it, and what comes of it.

What comes of it is `expected.yaml`, byte for byte, or where the edit is refused `expected.txt` with
the report. `python -m tests.refactor.test_cases` writes them anew: review the difference.
"""

from __future__ import annotations

import os
import shlex
import shutil
import tempfile
from pathlib import Path

import pytest
from typer.testing import CliRunner

from meshgen.cli.app import app
from meshgen.spec.check import check_text

FOLDERS = sorted(path.parent for path in (Path(__file__).parent / "cases").glob("*/command"))
LEAST = 40


def outcome(folder: Path, place: Path) -> tuple[int, bytes, str]:
    """The exit code, the spec afterwards and what was said."""
    spec = place / "spec.yaml"
    shutil.copyfile(folder / "spec.yaml", spec)
    command = shlex.split((folder / "command").read_text(encoding="utf-8"))
    before = Path.cwd()
    os.chdir(place)
    try:
        done = CliRunner().invoke(app, [*command, "--spec", "spec.yaml"])
    finally:
        os.chdir(before)
    return done.exit_code, spec.read_bytes(), done.output


@pytest.mark.parametrize("folder", FOLDERS, ids=lambda folder: folder.name)
def test_a_spec_is_edited_or_the_refusal_explained(folder: Path, tmp_path: Path) -> None:
    code, spec, said = outcome(folder, tmp_path)
    if (folder / "expected.yaml").exists():
        assert (code, spec) == (0, (folder / "expected.yaml").read_bytes())
        assert check_text("spec.yaml", spec.decode("utf-8-sig"))[0] is not None
    else:
        assert (code, said) == (2, (folder / "expected.txt").read_text(encoding="utf-8"))
        assert spec == (folder / "spec.yaml").read_bytes()
    assert [path.name for path in tmp_path.iterdir()] == ["spec.yaml"]


def test_there_are_enough_cases() -> None:
    assert len(FOLDERS) >= LEAST


def _renew(folder: Path) -> None:
    with tempfile.TemporaryDirectory() as place:
        code, spec, said = outcome(folder, Path(place))
    for name in ("expected.yaml", "expected.txt"):
        (folder / name).unlink(missing_ok=True)
    if code:
        (folder / "expected.txt").write_text(said, encoding="utf-8")
    else:
        (folder / "expected.yaml").write_bytes(spec)


if __name__ == "__main__":
    for case in FOLDERS:
        _renew(case)
