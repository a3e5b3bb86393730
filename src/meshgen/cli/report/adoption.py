"""Reports of `meshgen adopt`: how a project differs from the generated files."""

from __future__ import annotations

from typing import TYPE_CHECKING

from meshgen.cli.report.terminal import Line, shown_path

if TYPE_CHECKING:
    from meshgen.operations.adopt import Adoption


def adoption_lines(adoption: Adoption) -> list[Line]:
    """Describe how a project differs from the generated files, as lines."""
    edited, missing = adoption.edited, adoption.missing
    head = f" {adoption.root} now has a base: {adoption.same} files match the generated ones"
    lines: list[Line] = [[("green", "ok"), ("", head)]]
    if edited:
        lines.append([("", f"{len(edited)} differ; the differences are kept as your edits:")])
        rows = [
            f"  {shown_path(path)}  +{added} -{removed}"
            for path, (added, removed) in edited.items()
        ]
        lines += [[("", row)] for row in rows]
    if missing:
        lines.append([("", f"{len(missing)} are missing; an update does not add them:")])
        lines += [[("", f"  {shown_path(path)}")] for path in missing]
        lines.append([("cyan", "hint: "), ("", "with --add-missing the next update adds them")])
    return lines


def adoption_document(adoption: Adoption) -> dict[str, object]:
    """Return the same report as a JSON document."""
    edited = [
        {"path": path, "added": added, "removed": removed}
        for path, (added, removed) in adoption.edited.items()
    ]
    return {
        "project": str(adoption.root),
        "spec": adoption.spec_file,
        "same": adoption.same,
        "edited": edited,
        "missing": list(adoption.missing),
    }
