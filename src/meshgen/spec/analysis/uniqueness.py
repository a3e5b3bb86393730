"""Names that would clash in a generated module, folder or path."""

from __future__ import annotations

from collections.abc import Iterable

from meshgen.naming import collection_path
from meshgen.spec.analysis.classes import check_classes
from meshgen.spec.analysis.context import Check
from meshgen.spec.syntax import ServiceSyntax, SpecSyntax, Word

Named = tuple[str, Word]  # what it is, and its name


def check_unique_names(check: Check, syntax: SpecSyntax) -> None:
    """Refuse names that are taken twice."""
    _distinct(check, _units(syntax))
    types = [("the type", t.name) for t in syntax.types]
    _distinct(check, types)
    messages = [named for service in syntax.services for named in _messages(service)]
    messages += [("the event", e.name) for stream in syntax.streams for e in stream.emits]
    _distinct(
        check,
        [*types, *messages],
        hint="choose a more specific name: message names are unique across services",
    )
    for service in syntax.services:
        _distinct(check, [*types, *_classes(service)], skip=len(types))
        _distinct(check, [("the query", q.name) for q in service.queries] + _aggregates(service))
        _distinct_collections(check, service)
    for queries in (
        view.queries for views in (syntax.projections, syntax.streams) for view in views
    ):
        _distinct(check, [("the query", q.name) for q in queries])
    check_classes(check, syntax)


def _distinct_collections(check: Check, service: ServiceSyntax) -> None:
    """Refuse aggregates whose plurals meet: they would be read at one address."""
    seen: dict[str, Word] = {}
    for aggregate in service.aggregates:
        if aggregate.path:
            continue
        first = seen.setdefault(collection_path(aggregate.name.text), aggregate.name)
        if first.text.lower() != aggregate.name.text.lower():
            message = f"`{aggregate.name}` has the same plural as `{first}`, and so the same path"
            check.error(aggregate.name.at, message, "rename one of them, or say its `path`")


def _units(syntax: SpecSyntax) -> list[Named]:
    services = [("the service", s.name) for s in syntax.services]
    projections = [("the projection", p.name) for p in syntax.projections]
    streams = [("the stream", s.name) for s in syntax.streams]
    return [*services, *projections, *streams, *(("the BFF", b.name) for b in syntax.bffs)]


def _aggregates(service: ServiceSyntax) -> list[Named]:
    return [("the aggregate", a.name) for a in service.aggregates]


def _messages(service: ServiceSyntax) -> list[Named]:
    found: list[Named] = []
    for aggregate in service.aggregates:
        found += [("the event", e.name) for e in aggregate.events]
        found += [("the command", c.name) for c in aggregate.commands]
    return found


def _classes(service: ServiceSyntax) -> list[Named]:
    """Classes of one service beside its messages, which were compared with all others before."""
    aggregates = _aggregates(service)
    sagas = [("the saga", s.name) for s in service.sagas]
    ports = [("the port", p.name) for p in service.ports]
    return [*aggregates, *sagas, *ports]


def _distinct(check: Check, names: Iterable[Named], hint: str | None = None, skip: int = 0) -> None:
    """`skip`: that many names in front were compared with each other before."""
    seen: dict[str, Named] = {}
    for index, (what, word) in enumerate(names):
        folded = word.text.lower()
        if folded not in seen:
            seen[folded] = what, word
        elif index >= skip and seen[folded][1] != word:
            other, first = seen[folded]
            same = first.text == word.text
            how = "is the name of" if same else "differs only in case from"
            message = f"`{word}` {how} {other} in line {first.at.line}" + (", too" if same else "")
            check.error(word.at, message, hint)
