"""A hint that says what to write leads on: written so, the same place has nothing else to say."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from meshgen.spec.check import check_text
from meshgen.spec.diagnostics import Finding

CASES = sorted((Path(__file__).parents[1] / "cases").glob("*/spec.yaml"))
PROPOSAL = re.compile(r"(?:did you mean|write) `([A-Za-z_][A-Za-z0-9_.-]*)`\??")
QUOTED = re.compile(r"`([^`]+)`")
LEAST = 30


def proposals(text: str) -> list[tuple[Finding, str, str]]:
    """Findings whose hint is a word to write, with that word and the spec that has it."""
    found = []
    _, findings = check_text("spec.yaml", text)
    lines = text.split("\n")
    for finding in findings:
        proposed = PROPOSAL.fullmatch(finding.hint or "")
        line = lines[finding.at.line - 1]
        start = finding.at.column - 1
        named = QUOTED.findall(finding.message)
        wrong = max((name for name in named if line.startswith(name, start)), key=len, default="")
        if proposed and wrong and "for what was renamed" not in finding.message:
            corrected = line[:start] + proposed[1] + line[start + len(wrong) :]
            after = [*lines[: finding.at.line - 1], corrected, *lines[finding.at.line :]]
            found.append((finding, proposed[1], "\n".join(after)))
    return found


@pytest.mark.parametrize("path", CASES, ids=lambda path: path.parent.name)
def test_what_a_hint_says_to_write_is_accepted_there(path: Path) -> None:
    for finding, word, text in proposals(path.read_text(encoding="utf-8")):
        _, left = check_text("spec.yaml", text)
        there = [
            other
            for other in left
            if other.at.line == finding.at.line
            and finding.at.column <= other.at.column < finding.at.column + len(word)
        ]
        assert not there, (finding, word)


def test_there_are_enough_of_them() -> None:
    texts = (path.read_text(encoding="utf-8") for path in CASES)
    assert sum(len(proposals(text)) for text in texts) >= LEAST
