"""The report of a command: lines for people, a JSON document on stdout for programs."""

from __future__ import annotations

import shlex
import sys
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from meshgen.cli.report.findings import error_document, error_lines
from meshgen.cli.report.terminal import Line, counted, print_json, print_lines, size
from meshgen.errors import BUG, MeshgenError
from meshgen.progress import Progress, silent

if TYPE_CHECKING:
    from meshgen.operations.adopt import Adoption
    from meshgen.operations.doctor import Diagnosis
    from meshgen.operations.edit import Applied
    from meshgen.operations.new import Created
    from meshgen.operations.templates import Exported, Listed
    from meshgen.operations.update import Update
    from meshgen.spec.model import Spec

_DIFF = {"+": "green", "-": "red", "@": "cyan"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Report:
    """Prints results.

    Attributes:
        json: Print one JSON document instead of lines.
        quiet: Print nothing but errors.
    """

    json: bool = False
    quiet: bool = False

    def checked(self, path: Path, spec: Spec) -> None:
        """Report a valid spec."""
        counts = {
            "services": len(spec.services),
            "aggregates": sum(len(service.aggregates) for service in spec.services),
            "projections": len(spec.projections),
            "streams": len(spec.streams),
            "bffs": len(spec.bffs),
        }
        words = ", ".join(counted(number, name) for name, number in counts.items() if number)
        self._done(
            [[("green", "ok"), ("", f" {path}: {words}")]],
            {"command": "check", "path": str(path), "findings": [], "counts": counts},
        )

    def drawn(self, view: str, text: str, output: Path | None) -> None:
        """Report the file that a diagram was written to, or print the diagram."""
        if output is None:
            lines: list[Line] = [[("", line)] for line in text.splitlines()]
        else:
            lines = [[("green", "ok"), ("", f" wrote {output}")]]
        self._done(
            lines,
            {
                "command": "graph",
                "view": view,
                "output": None if output is None else str(output),
                "text": text,
            },
        )

    def created(self, created: Created) -> None:
        """Report a new project, or what would be written for it."""
        total = sum(bytes_ for _, bytes_ in created.files)
        verb = "wrote" if created.written else "would write"
        head = (
            f" {verb} {counted(len(created.files), 'files')}, {size(total)}, into {created.target}"
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
        """Report an edited spec, or the diff of a dry run."""
        from meshgen.cli.report.updates import update_document, update_lines

        diff = applied.diff()
        if applied.written:
            lines = _edited(applied, diff) + (
                update_lines(applied.update) if applied.update else []
            )
        else:
            lines = [[(_DIFF.get(line[:1], ""), line.rstrip("\r\n"))] for line in diff]
        self._done(
            lines,
            {
                "command": command,
                "path": str(applied.path),
                "written": applied.written,
                "project": None if applied.project is None else str(applied.project),
                "update": None if applied.update is None else update_document(applied.update),
                "diff": "".join(diff),
            },
        )

    def updated(self, update: Update) -> None:
        """Report an updated project."""
        from meshgen.cli.report.updates import update_document, update_lines

        if update.undecided and self.quiet and not self.json:
            print_lines(update_lines(update), sys.stderr)
        self._done(update_lines(update), {"command": "update", **update_document(update)})

    def differs(self, update: Update, *, stat: bool) -> None:
        """Report what an update would change, as a unified diff or a summary."""
        from meshgen.cli.report.diff import diff_lines
        from meshgen.cli.report.updates import (
            loss_lines,
            notice_lines,
            update_document,
            update_lines,
        )

        diff = [] if stat else diff_lines(update)
        lines = (
            [*loss_lines(update), *notice_lines(update), *diff] if diff else update_lines(update)
        )
        self._done(lines, {"command": "diff", **update_document(update, with_diffs=True)})

    def resolved(self, paths: Sequence[str]) -> None:
        """Report resolved conflicts."""
        files = counted(len(paths), "files")
        lines: list[Line] = [[("green", "ok"), ("", f" resolved {files}")]]
        lines += [[("", f"  {path}")] for path in paths]
        self._done(lines, {"command": "resolve", "files": list(paths)})

    def adopted(self, adoption: Adoption) -> None:
        """Report the new base of a project."""
        from meshgen.cli.report.adoption import adoption_document, adoption_lines

        self._done(adoption_lines(adoption), {"command": "adopt", **adoption_document(adoption)})

    def diagnosed(self, diagnosis: Diagnosis) -> None:
        """Report what a project needs to run on its engines."""
        from meshgen.cli.report.diagnosis import diagnosis_document, diagnosis_lines

        if not diagnosis.is_ready and self.quiet and not self.json:
            print_lines(diagnosis_lines(diagnosis), sys.stderr)
        document = {"command": "doctor", **diagnosis_document(diagnosis)}
        self._done(diagnosis_lines(diagnosis), document)

    def templates(self, templates: Sequence[Listed]) -> None:
        """The templates, and the user's own files over them."""
        lines: list[Line] = []
        for template in templates:
            lines.append([("cyan", f"{template.name:<11}"), ("", template.summary)])
            lines += [[("", f"  replaced  {path}")] for path in template.replaced]
            lines += [[("", f"  added     {path}")] for path in template.added]
        document = {"command": "templates list", "templates": list(map(asdict, templates))}
        self._done(lines, document)

    def exported(self, exported: Exported) -> None:
        """Files of a template that were written, to be changed."""
        count = counted(len(exported.files), "files")
        lines: list[Line] = [
            [("green", "ok"), ("", f" wrote {count} into {exported.folder}")],
            [("", "next: remove the files that you do not change, then `meshgen diff`")],
        ]
        document = {"folder": str(exported.folder), "files": list(exported.files)}
        self._done(lines, {"command": "templates export", **document})

    def failed(self, error: MeshgenError) -> None:
        """Report an error in the arguments or the spec."""
        if self.json:
            print_json({"ok": False, **error_document(error)})
        else:
            print_lines(error_lines(error), sys.stderr)

    def bug(self, error: BaseException) -> None:
        """Report a bug in meshgen, without a traceback."""
        kind = type(error).__name__
        detail = f"{kind}: {error}" if str(error) else kind
        message = f"unexpected error ({detail[:300]})"
        self.failed(MeshgenError(message, BUG))

    @contextmanager
    def progress(self) -> Iterator[Progress]:
        """Show the current stage on a terminal while long work is running."""
        if self.json or self.quiet or not sys.stderr.isatty():
            yield silent
            return
        from rich.console import Console

        with Console(stderr=True).status("starting") as status:
            yield lambda what: status.update(what)

    def _done(self, lines: list[Line], document: Mapping[str, object]) -> None:
        if self.json:
            print_json({"ok": True, **document})
        elif not self.quiet:
            print_lines(lines, sys.stdout)


def _edited(applied: Applied, diff: list[str]) -> list[Line]:
    """Summarize an edit."""
    added, removed = (sum(line[:1] == mark for line in diff) - 1 for mark in "+-")
    words = [
        f"{counted(n, 'lines')} {what}" for n, what in ((added, "added"), (removed, "removed"))
    ]
    lines: list[Line] = [[("green", "ok"), ("", f" {applied.path}: {', '.join(words)}")]]
    if applied.project is None:
        lines.append([("", "only the spec was changed: it is not part of a project")])
    return lines
