"""Errors and findings: where, what is wrong, the source line with a caret, and a hint."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable

from meshgen.cli.report.terminal import Line, plain
from meshgen.errors import MeshgenError
from meshgen.spec.diagnostics import Finding, SpecError
from meshgen.unicode import printable

WIDTH = 100
"""Columns of a source line; longer lines are cut to the part around the caret."""

LONGEST = 1000
"""Characters of a message; longer messages are truncated."""

_MARGIN = 20


def error_lines(error: MeshgenError) -> list[Line]:
    """Format an error as lines: all findings of a spec, or the message and its hint."""
    if isinstance(error, SpecError):
        lines = [line for finding in error.findings for line in finding_lines(error, finding)]
        return [*lines, [("", str(error))]]
    first, *rest = error.message.splitlines() or [""]
    lines = [[("bold red", "error: "), ("bold", printable(first, LONGEST))]]
    lines += [[("", printable(line, LONGEST))] for line in rest]
    if error.hint:
        lines.append([("cyan", "hint: "), ("", printable(error.hint, LONGEST))])
    return lines


def error_document(error: MeshgenError) -> dict[str, object]:
    """Return the error as a JSON document."""
    summary = {"message": error.message, "hint": error.hint}
    if not isinstance(error, SpecError):
        return {"error": summary}
    return {"error": summary, "path": error.path, "findings": finding_documents(error.findings)}


def finding_documents(findings: Iterable[Finding]) -> list[dict[str, object]]:
    """Return findings as JSON values."""
    return [
        {"line": f.at.line, "column": f.at.column, "message": f.message, "hint": f.hint}
        for f in findings
    ]


def finding_lines(error: SpecError, finding: Finding) -> list[Line]:
    """Format a finding: position, message, source line, caret and hint."""
    place = f"{error.path}:{finding.at.line}:{finding.at.column}: "
    lines: list[Line] = [[("bold", place), ("bold red", printable(finding.message, LONGEST))]]
    source, column = _excerpt(error, finding)
    if source.strip():
        lines.append([("", f"    {source}")])
        lines.append([("bold red", "    " + " " * _width(source[:column]) + "^")])
    if finding.hint:
        lines.append([("cyan", "    hint: "), ("", printable(finding.hint, LONGEST))])
    return lines


def text_of(error: SpecError) -> str:
    """Return all findings as plain text, as printed without a terminal."""
    lines = [line for finding in error.findings for line in finding_lines(error, finding)]
    return "".join(plain(line) + "\n" for line in lines)


def _excerpt(error: SpecError, finding: Finding) -> tuple[str, int]:
    """Return the source line, cut to a readable width, and the caret's index in it."""
    from meshgen.spec.yaml.load import lines_of

    lines = lines_of(error.text)
    if finding.at.line > len(lines):
        return "", 0
    line = lines[finding.at.line - 1]
    column = min(finding.at.column - 1, len(line))
    if len(line) <= WIDTH:
        return _shown(line), column
    start = max(0, min(column - _MARGIN, len(line) - WIDTH))
    end = start + WIDTH
    head, tail = "..." if start else "", "..." if end < len(line) else ""
    return head + _shown(line[start:end]) + tail, column - start + len(head)


def _shown(part: str) -> str:
    return printable(part.replace("\t", " "), len(part))


def _width(text: str) -> int:
    """Return the columns that `text` occupies on a terminal."""
    wide = sum(unicodedata.east_asian_width(c) in "WF" for c in text)
    return len(text) + wide - sum(unicodedata.combining(c) > 0 for c in text)
