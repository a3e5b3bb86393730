"""What is said of a change of a spec: a folder a case, with the spec before and after it."""

from __future__ import annotations

from pathlib import Path

import pytest

from meshgen.cli.report.findings import text_of
from meshgen.evolution import Version, losses, notices
from meshgen.identities import assign
from meshgen.spec.check import read_spec
from meshgen.spec.diagnostics import SpecError

CASES = Path(__file__).parent / "cases"


@pytest.mark.parametrize("case", sorted(path.name for path in CASES.iterdir()))
def test_what_a_change_means_for_stored_data_and_past_events_is_said(case: str) -> None:
    before, after = (read_spec(CASES / case / f"{which}.yaml") for which in ("before", "after"))
    old = Version(before, assign(before))
    new = Version(after, assign(after, old.identities, before))
    text = (CASES / case / "after.yaml").read_text(encoding="utf-8")
    said = text_of(SpecError("after.yaml", text, (*losses(old, new), *notices(old, new))))
    assert said == (CASES / case / "expected.txt").read_text(encoding="utf-8")
