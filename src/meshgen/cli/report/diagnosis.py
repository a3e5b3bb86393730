"""Reports of `meshgen doctor`."""

from __future__ import annotations

from dataclasses import asdict
from typing import TYPE_CHECKING

from meshgen.cli.report.terminal import Line
from meshgen.unicode import printable

if TYPE_CHECKING:
    from meshgen.operations.doctor import Diagnosis
    from meshgen.operations.servers import Server

_LONGEST = 300


def diagnosis_lines(diagnosis: Diagnosis) -> list[Line]:
    """Describe what is there and what is missing, as lines."""
    lines: list[Line] = []
    if not diagnosis.engines:
        lines.append([("", f"{diagnosis.spec} names no engines but NATS and SQLite")])
    for engine in diagnosis.engines:
        server = engine.server
        lines.append([("bold", engine.name), ("", f"  {', '.join(engine.used_by)}")])
        lines.append(_line("adapter", "can be imported", engine.adapter.problem))
        lines.append(_line("server", _where(server), server.problem))
    lines.append([("bold", "programs"), ("", "  none of them is required")])
    width = max(len(program.name) for program in diagnosis.programs)
    for program in diagnosis.programs:
        path = program.path or f"not found ({program.purpose})"
        lines.append([("", f"  {program.name:<{width}}  {path}")])
    lines += [[("cyan", "next: "), ("", each)] for each in diagnosis.advice]
    return lines


def _where(server: Server) -> str:
    """Where a server is that can be used."""
    local = server.local
    if local.contained:
        return "`make up ENGINES=real` starts it in a container"
    if local.path:
        version = printable(local.version or "version not known", _LONGEST)
        return f"`make up ENGINES=real` starts {printable(local.path, _LONGEST)} ({version})"
    where = ", ".join(server.addresses) or "its address is not in the URL"
    return f"{server.variable}: {where}"


def diagnosis_document(diagnosis: Diagnosis) -> dict[str, object]:
    """Return the same report as a JSON document."""
    return {
        "ready": diagnosis.is_ready,
        "spec": diagnosis.spec,
        "engines": [asdict(engine) for engine in diagnosis.engines],
        "programs": [asdict(program) for program in diagnosis.programs],
        "next": list(diagnosis.advice),
    }


def _line(what: str, good: str, problem: str) -> Line:
    style, word = ("red", "no") if problem else ("green", "ok")
    text = printable(problem, _LONGEST) if problem else good
    return [("", f"  {what:<8}"), (style, f"{word:<3}"), ("", text)]
