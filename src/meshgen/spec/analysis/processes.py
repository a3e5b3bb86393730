"""Processes: which units run together."""

from __future__ import annotations

from meshgen.spec.analysis.context import Check
from meshgen.spec.hints import meant_or_one_of
from meshgen.spec.model import Process
from meshgen.spec.syntax import SpecSyntax, Word
from meshgen.unicode import printable


def build_processes(check: Check, syntax: SpecSyntax) -> tuple[Process, ...]:
    """The processes of the model: those of the spec; units that are not listed run on their own."""
    names = [
        u.name.text
        for section in (syntax.services, syntax.projections, syntax.streams, syntax.bffs)
        for u in section
    ]
    placed: dict[str, Word] = {}
    for process in syntax.processes:
        for word in process.units:
            if word.text not in names:
                if check.knows("services", "projections", "streams", "bffs"):
                    message = (
                        f"there is no service, projection, stream or BFF `{printable(word.text)}`"
                    )
                    check.error(word.at, message, meant_or_one_of(word.text, names))
            elif word.text in placed:
                check.error(
                    word.at,
                    f"`{word}` already runs in a process, see line {placed[word.text].at.line}",
                )
            else:
                placed[word.text] = word
    for process in syntax.processes:
        if process.name.text in names and process.name.text not in placed:
            hint = f"add `{process.name}` to its units, or rename the process"
            check.error(
                process.name.at,
                f"`{process.name}` is also the name of a unit outside of this process",
                hint,
            )
    return tuple(
        Process(name=p.name.text, units=tuple(word.text for word in p.units))
        for p in syntax.processes
    )
