"""What was renamed: `renamed_from` tells an update which files to move."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Protocol

from meshgen.spec.analysis.context import Check
from meshgen.spec.syntax import SpecSyntax, Word


class Renamed(Protocol):
    """Anything with a name and perhaps one from before."""

    @property
    def name(self) -> Word: ...
    @property
    def renamed_from(self) -> Word | None: ...


def check_renames(check: Check, syntax: SpecSyntax) -> None:
    """A former name is free now, and only one thing had it."""
    for siblings in _siblings(syntax):
        _check(check, tuple(siblings))


def _siblings(syntax: SpecSyntax) -> Iterator[Iterable[Renamed]]:
    """Everything that may have a former name, in groups of what could be taken for each other."""
    yield syntax.services
    yield syntax.projections
    yield syntax.bffs
    for service in syntax.services:
        yield service.aggregates
        yield service.sagas
        yield [event for aggregate in service.aggregates for event in aggregate.events]
        yield [command for aggregate in service.aggregates for command in aggregate.commands]


def _check(check: Check, siblings: tuple[Renamed, ...]) -> None:
    names = {sibling.name.text: sibling.name for sibling in siblings}
    heirs: dict[str, Word] = {}
    for sibling in siblings:
        former = sibling.renamed_from
        if former is None:
            continue
        if former.text in names:
            line = names[former.text].at.line
            check.error(
                former.at,
                f"`{former}` is still there, in line {line}, so nothing was renamed from it",
                "leave `renamed_from` out, or take the old one away",
            )
        elif former.text in heirs:
            check.error(
                former.at,
                f"`{heirs[former.text]}` was renamed from `{former}`, too",
                "the files of a thing move to one place only",
            )
        heirs.setdefault(former.text, sibling.name)
