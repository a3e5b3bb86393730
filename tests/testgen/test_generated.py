"""What the search says is what the generated code does."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from meshgen.operations.new import create

HERE = Path(__file__).parent
ROOT = HERE.parents[1]


@pytest.mark.parametrize("spec", [ROOT / "specs" / "shop.yaml", HERE / "library.yaml"])
def test_the_examples_come_out_with_the_generated_code(spec: Path, tmp_path: Path) -> None:
    project = create(tmp_path / "project", spec).target
    done = subprocess.run(
        [sys.executable, HERE / "replay.py", project, spec],
        capture_output=True,
        text=True,
        env={"PYTHONPATH": str(ROOT / "src")},
    )
    assert done.returncode == 0, done.stdout + done.stderr
