"""Broken specs: a folder a case, `spec.yaml` with what `meshgen check` says in `expected.txt`.

`python tests/cases/test_cases.py` writes the expectations anew, to be reviewed as a diff.
"""

from __future__ import annotations

from pathlib import Path

import pytest

from meshgen.spec.diagnostics import SpecError
from meshgen.cli.report.findings import text_of
from meshgen.spec.check import check_text

FOLDERS = sorted(path.parent for path in Path(__file__).parent.glob("*/spec.yaml"))
LEAST = 45


def outcome(folder: Path) -> str:
    """What is printed for the spec of a case."""
    text = (folder / "spec.yaml").read_text(encoding="utf-8")
    spec, findings = check_text("spec.yaml", text)
    assert (spec is None) == bool(findings)
    return text_of(SpecError("spec.yaml", text, findings))


@pytest.mark.parametrize("folder", FOLDERS, ids=lambda folder: folder.name)
def test_a_broken_spec_is_explained(folder: Path) -> None:
    said = outcome(folder)
    assert said == (folder / "expected.txt").read_text(encoding="utf-8")
    assert said, "a case is a broken spec"


def test_there_are_enough_cases() -> None:
    assert len(FOLDERS) >= LEAST


if __name__ == "__main__":
    for case in FOLDERS:
        (case / "expected.txt").write_text(outcome(case), encoding="utf-8")
