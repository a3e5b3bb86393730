"""Checks of `renamed_from`, the former names of elements."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Protocol

from meshgen.spec.analysis.context import Check
from meshgen.spec.syntax import ServiceSyntax, SpecSyntax, Word


class Renamed(Protocol):
    """An element with a name and possibly a former name."""

    @property
    def name(self) -> Word:
        """The name."""

    @property
    def renamed_from(self) -> Word | None:
        """The former name, if any."""


def check_renames(check: Check, syntax: SpecSyntax) -> None:
    """Check that each former name is unused, or renamed itself, and claimed only once."""
    for siblings in _siblings(syntax):
        _check(check, tuple(siblings))


def _siblings(syntax: SpecSyntax) -> Iterator[Iterable[Renamed]]:
    """Everything that may have a former name, in groups of what could be taken for each other."""
    yield syntax.types
    for type_ in syntax.types:
        yield type_.members or ()
        yield type_.fields or ()
    yield syntax.services
    for service in syntax.services:
        yield from _in_service(service)
    yield syntax.projections
    for projection in syntax.projections:
        yield projection.row
        yield projection.queries
    yield syntax.streams
    for stream in syntax.streams:
        yield stream.emits
        yield stream.queries
    yield syntax.bffs


def _in_service(service: ServiceSyntax) -> Iterator[Iterable[Renamed]]:
    yield service.aggregates
    yield service.sagas
    yield service.queries
    events = [event for aggregate in service.aggregates for event in aggregate.events]
    commands = [command for aggregate in service.aggregates for command in aggregate.commands]
    yield events
    yield commands
    yield from (aggregate.state for aggregate in service.aggregates)
    yield from (event.fields for event in events)
    yield from (command.input for command in commands)


def _check(check: Check, siblings: tuple[Renamed, ...]) -> None:
    by_name = {sibling.name.text: sibling for sibling in siblings}
    heirs: dict[str, Word] = {}
    for sibling in siblings:
        former = sibling.renamed_from
        if former is None:
            continue
        holder = by_name.get(former.text)
        if holder is not None and (holder is sibling or holder.renamed_from is None):
            line = holder.name.at.line
            check.error(
                former.at,
                f"`{former}` still exists in line {line}",
                "leave `renamed_from` out, or remove the old element",
            )
        elif former.text in heirs:
            check.error(
                former.at,
                f"`{heirs[former.text]}` is also renamed from `{former}`",
                "keep one of the two",
            )
        heirs.setdefault(former.text, sibling.name)
