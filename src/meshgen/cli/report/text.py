"""What happened, told to a person or to a program. The only place that prints.

A person reads lines, with colours where the stream is a terminal. A program (`--json`) reads one
JSON document on stdout, whatever happened. Rich is imported only where colours are shown.
"""

from __future__ import annotations

import json
import shlex
import sys
import unicodedata
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, TextIO

from meshgen.errors import MeshgenError
from meshgen.spec.diagnostics import Finding, SpecError
from meshgen.spec.wording import printable

if TYPE_CHECKING:
    from meshgen.operations.adopt import Adoption
    from meshgen.operations.edit import Applied
    from meshgen.operations.new import Created
    from meshgen.operations.update import Update
    from meshgen.spec.model import Spec

WIDTH = 100  # of a source line; longer ones are shown around the caret
LONGEST = 1000  # characters of a message
_MARGIN = 20

_DIFF = {"+": "green", "-": "red", "@": "cyan"}

Line = list[tuple[str, str]]  # (style, text): what Rich colours, joined it is the plain line


@dataclass(frozen=True, slots=True, kw_only=True)
class Report:
    """Prints results. quiet: nothing but errors; json: one document instead of lines."""

    json: bool = False
    quiet: bool = False

    def checked(self, path: Path, spec: Spec) -> None:
        """A spec without findings."""
        counts = {
            "services": len(spec.services),
            "aggregates": sum(len(service.aggregates) for service in spec.services),
            "projections": len(spec.projections),
            "bffs": len(spec.bffs),
        }
        words = ", ".join(_counted(number, name) for name, number in counts.items() if number)
        self._done(
            [[("green", "ok"), ("", f" {path}: {words}")]],
            {"command": "check", "path": str(path), "findings": [], "counts": counts},
        )

    def created(self, created: Created) -> None:
        """A project that was written, or would be."""
        size = sum(bytes_ for _, bytes_ in created.files)
        verb = "wrote" if created.written else "would write"
        head = (
            f" {verb} {_counted(len(created.files), 'files')}, {_size(size)}, into {created.target}"
        )
        lines: list[Line] = [[("green", "ok"), ("", head)]]
        if not created.written:
            lines += [[("", f"  {path}")] for path, _ in created.files]
        else:
            enter = "" if created.target == Path() else f"cd {shlex.quote(str(created.target))} && "
            lines.append([("", f"next: {enter}make up")])
        files = [{"path": path, "bytes": bytes_} for path, bytes_ in created.files]
        self._done(
            lines,
            {
                "command": "new",
                "target": str(created.target),
                "written": created.written,
                "files": files,
            },
        )

    def edited(self, command: str, applied: Applied) -> None:
        """A spec that was edited, or would be."""
        from meshgen.cli.report.changes import document_of, lines_of

        diff = applied.diff()
        if applied.written:
            lines = _edited(applied, diff) + (lines_of(applied.update) if applied.update else [])
        else:
            lines = [[(_DIFF.get(line[:1], ""), line.rstrip("\r\n"))] for line in diff]
        self._done(
            lines,
            {
                "command": command,
                "path": str(applied.path),
                "written": applied.written,
                "project": None if applied.project is None else str(applied.project),
                "update": None if applied.update is None else document_of(applied.update),
                "diff": "".join(diff),
            },
        )

    def updated(self, update: Update) -> None:
        """A project that was updated."""
        from meshgen.cli.report.changes import document_of, lines_of

        if update.undecided and self.quiet and not self.json:
            _print(lines_of(update), sys.stderr)
        self._done(lines_of(update), {"command": "update", **document_of(update)})

    def differs(self, update: Update, *, stat: bool) -> None:
        """What an update would change, as a unified diff or as a summary."""
        from meshgen.cli.report.changes import diff_lines, document_of, lines_of

        lines = lines_of(update) if stat else diff_lines(update)
        self._done(lines, {"command": "diff", **document_of(update, with_diffs=True)})

    def resolved(self, paths: Sequence[str]) -> None:
        """Conflicts that were resolved."""
        files = _counted(len(paths), "files")
        lines: list[Line] = [[("green", "ok"), ("", f" resolved {files}")]]
        lines += [[("", f"  {path}")] for path in paths]
        self._done(lines, {"command": "resolve", "files": list(paths)})

    def adopted(self, adoption: Adoption) -> None:
        """A base that was made for a project."""
        from meshgen.cli.report.changes import adoption_document, adoption_lines

        self._done(adoption_lines(adoption), {"command": "adopt", **adoption_document(adoption)})

    def failed(self, error: MeshgenError) -> None:
        """An error of the user's or of the spec's."""
        if self.json:
            _print_json({"ok": False, **_failure(error)})
        elif isinstance(error, SpecError):
            _print(
                [line for finding in error.findings for line in shown(error, finding)], sys.stderr
            )
            _print([[("", str(error))]], sys.stderr)
        else:
            first, *rest = error.message.splitlines() or [""]
            lines: list[Line] = [[("bold red", "error: "), ("bold", printable(first, LONGEST))]]
            lines += [[("", printable(line, LONGEST))] for line in rest]
            if error.hint:
                lines.append([("cyan", "hint: "), ("", printable(error.hint, LONGEST))])
            _print(lines, sys.stderr)

    def defect(self, error: BaseException) -> None:
        """An error of meshgen's own: no traceback, but enough to report it."""
        kind = type(error).__name__
        detail = f"{kind}: {error}" if str(error) else kind
        message = f"meshgen failed in a way it should not ({detail[:300]})"
        self.failed(
            MeshgenError(message, "this is a defect of meshgen: please report it with the spec")
        )

    @contextmanager
    def progress(self) -> Iterator[Callable[[str], None]]:
        """While long work goes on, show on a terminal what is being done."""
        if self.json or self.quiet or not sys.stderr.isatty():
            yield lambda _: None
            return
        from rich.console import Console

        with Console(stderr=True).status("starting") as status:
            yield lambda what: status.update(what)

    def _done(self, lines: list[Line], document: Mapping[str, object]) -> None:
        if self.json:
            _print_json({"ok": True, **document})
        elif not self.quiet:
            _print(lines, sys.stdout)


def _edited(applied: Applied, diff: list[str]) -> list[Line]:
    """What an edit did, in numbers, and what is left to do."""
    added, gone = (sum(line[:1] == mark for line in diff) - 1 for mark in "+-")
    words = [f"{_counted(n, 'lines')} {what}" for n, what in ((added, "added"), (gone, "removed"))]
    lines: list[Line] = [[("green", "ok"), ("", f" {applied.path}: {', '.join(words)}")]]
    if applied.project is None:
        lines.append([("", "only the spec: it belongs to no project")])
    return lines


def shown(error: SpecError, finding: Finding) -> list[Line]:
    """A finding as lines: where and what, the source line, a caret under the place, the hint."""
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
    """All findings as plain text, as they are printed where there is no terminal."""
    lines = [line for finding in error.findings for line in shown(error, finding)]
    return "".join(_plain(line) + "\n" for line in lines)


def _excerpt(error: SpecError, finding: Finding) -> tuple[str, int]:
    """The source line of a finding, cut to a readable width, and the caret's index in it."""
    from meshgen.spec.yaml.load import lines_of

    lines = lines_of(error.text)
    if finding.at.line > len(lines):
        return "", 0
    line = lines[finding.at.line - 1].replace("\t", " ")
    line = printable(line, len(line))
    column = min(finding.at.column - 1, len(line))
    if len(line) <= WIDTH:
        return line, column
    start = max(0, min(column - _MARGIN, len(line) - WIDTH))
    end = start + WIDTH
    head, tail = "..." if start else "", "..." if end < len(line) else ""
    return head + line[start:end] + tail, column - start + len(head)


def _width(text: str) -> int:
    """The columns that `text` takes on a terminal."""
    wide = sum(unicodedata.east_asian_width(c) in "WF" for c in text)
    return len(text) + wide - sum(unicodedata.combining(c) > 0 for c in text)


def _failure(error: MeshgenError) -> dict[str, object]:
    said = {"message": error.message, "hint": error.hint}
    if not isinstance(error, SpecError):
        return {"error": said}
    findings = [
        {"line": f.at.line, "column": f.at.column, "message": f.message, "hint": f.hint}
        for f in error.findings
    ]
    return {"error": said, "path": error.path, "findings": findings}


def _counted(number: int, plural: str) -> str:
    names = {"bffs": ("BFF", "BFFs")}
    one, many = names.get(plural, (plural.removesuffix("s"), plural))
    return f"{number} {one if number == 1 else many}"


def _size(number: int) -> str:
    return f"{number / 1024:.0f} kB" if number >= 1024 else f"{number} bytes"


def _plain(line: Line) -> str:
    return "".join(text for _, text in line).rstrip()


def _print(lines: list[Line], stream: TextIO) -> None:
    if not stream.isatty():
        stream.write("".join(_plain(line) + "\n" for line in lines))
        stream.flush()
        return
    from rich.console import Console
    from rich.text import Text

    console = Console(file=stream, soft_wrap=True, highlight=False)
    for line in lines:
        console.print(Text.assemble(*((text, style) for style, text in line)))


def _print_json(document: Mapping[str, object]) -> None:
    sys.stdout.write(json.dumps(document, indent=2) + "\n")
    sys.stdout.flush()
