"""examples/shop is what `meshgen new` gives, plus the lines of shop.patch, and nothing else."""

from __future__ import annotations

from pathlib import Path

from examples.regenerate import PATCH, SHOP, SPEC, difference
from meshgen.operations.new import create
from meshgen.operations.update import update


def test_it_differs_by_its_hand_written_lines_only(tmp_path: Path) -> None:
    pristine = create(tmp_path / "shop", SPEC).target
    assert difference(pristine, SHOP) == PATCH.read_text(encoding="utf-8")


def test_an_update_finds_nothing_to_do() -> None:
    assert update(SHOP, spec=SPEC.read_bytes(), write=False).nothing


def test_its_hand_written_lines_are_few_and_in_files_that_are_the_developers() -> None:
    lines = PATCH.read_text(encoding="utf-8").splitlines()
    added = [line for line in lines if line.startswith("+") and not line.startswith("+++")]
    assert 0 < len(added) < 60
    for line in lines:
        if line.startswith("+++ "):
            first = (SHOP / line.removeprefix("+++ b/")).read_text(encoding="utf-8").splitlines()[0]
            assert "yours to edit" in first
