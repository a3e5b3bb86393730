"""Every risk of the table has tests, which exist."""

from __future__ import annotations

import re

from docs.generate import ROOT

DOCUMENT = (ROOT / "docs" / "security.md").read_text(encoding="utf-8")
ROWS = [line for line in DOCUMENT.splitlines() if line.startswith("| [API")]


def test_every_risk_is_held_by_tests_that_exist() -> None:
    risks = [int(number) for row in ROWS for number in re.findall(r"^\| \[API(\d+)\]", row)]
    assert risks == list(range(1, 11))
    for row in ROWS:
        tests = re.findall(r"`(tests/[^`]+)`", row)
        assert tests, row
        assert [test for test in tests if not (ROOT / test).is_file()] == []
