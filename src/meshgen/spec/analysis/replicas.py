"""Replicas: local copies of other services' aggregates, kept by their events alone."""

from __future__ import annotations

from meshgen.spec.analysis.context import Check
from meshgen.spec.analysis.symbols import AggregateSymbol, ServiceSymbol, Symbols
from meshgen.spec.expressions import Access, ReplicaType
from meshgen.spec.hints import meant_or_one_of
from meshgen.spec.model import Aggregate, Assignment, Replica, Service
from meshgen.spec.syntax import ReplicaSyntax, Word
from meshgen.unicode import printable

Replicas = dict[str, ReplicaType | None]


def replica_types(check: Check, symbols: Symbols, service: ServiceSymbol) -> Replicas:
    """What expressions of a service may look up; None for what could not be resolved."""
    found: Replicas = {}
    for syntax in service.syntax.replicas:
        found[syntax.name.text] = None
        if syntax.of is None:
            continue
        own = service.syntax.name.text
        unit, _, name = syntax.of.text.rpartition(".")
        if unit in ("", own) and name in service.aggregates:
            check.error(
                syntax.of.at,
                f"`{name}` belongs to this service",
                "replicate an aggregate of another service",
            )
            continue
        source = symbols.aggregate(syntax.of, without=own)
        if source is not None:
            fields = source.whole.only(
                {*_field_names(syntax), source.syntax.id.text if source.syntax.id else ""}
            )
            if not fields.broken and not fields.partial:
                found[syntax.name.text] = ReplicaType(
                    source.name,
                    {f.name: f.type for f in fields},
                    {f.name: f.at for f in fields},
                )
    return found


def _field_names(syntax: ReplicaSyntax) -> tuple[str, ...]:
    return tuple(word.text for word in syntax.fields)


def build_replicas(check: Check, symbols: Symbols, service: ServiceSymbol) -> tuple[Replica, ...]:
    """The replicas of the model."""
    found = []
    copied: dict[str, Word] = {}
    own = {name.lower() for name in service.aggregates}
    for syntax in service.syntax.replicas:
        source = _source(service, symbols, syntax)
        if source is None or syntax.of is None:
            continue
        if source.name.lower() in own:
            check.error(
                syntax.of.at,
                f"this service also has an aggregate `{source.name}`",
                "rename one of them",
            )
        first = copied.setdefault(source.name, syntax.name)
        if first is not syntax.name:
            check.error(syntax.of.at, f"`{source.name}` is replicated in line {first.at.line}")
        fields = _fields(check, source, syntax)
        found.append(
            Replica(
                name=syntax.name.text,
                of=symbols.ref(source, syntax.of),
                fields=fields,
                at=syntax.name.at,
            )
        )
    return tuple(found)


def _source(
    service: ServiceSymbol, symbols: Symbols, syntax: ReplicaSyntax
) -> AggregateSymbol | None:
    """The aggregate behind a replica; what is wrong with `of` was said before."""
    unit, _, name = syntax.of.text.rpartition(".") if syntax.of else ("", "", "")
    other = symbols.services.get(unit)
    if other is None or other is service:
        return None
    return other.aggregates.get(name)


def _fields(check: Check, source: AggregateSymbol, syntax: ReplicaSyntax) -> tuple[str, ...]:
    found = []
    for word in syntax.fields:
        if source.syntax.id and word.text == source.syntax.id.text:
            check.error(word.at, f"`{word}` is the id, which every replica has")
        elif word.text in source.state.known:
            check.uses(word, source.state.known[word.text])
            found.append(word.text)
        elif source.state.missing(word.text):
            hint = meant_or_one_of(word.text, list(source.state.known))
            check.error(word.at, f"`{source.name}` has no field `{printable(word.text)}`", hint)
    return tuple(found)


def check_derivable(check: Check, services: tuple[Service, ...]) -> None:
    """What a replica copies must follow from events and copied fields alone."""
    aggregates = {(s.name, a.name): a for s in services for a in s.aggregates}
    for replica in (replica for service in services for replica in service.replicas):
        source = aggregates.get((replica.of.unit, replica.of.name))
        for event in source.events if source else ():
            for assignment in event.sets:
                if source and assignment.target in replica.fields:
                    _check_follows(check, replica, source, assignment)


def _check_follows(
    check: Check, replica: Replica, source: Aggregate, assignment: Assignment
) -> None:
    known = {*replica.fields, source.id}
    for ref in assignment.value.refs.values():
        if isinstance(ref, Access) and ref.variable.kind == "state":
            name = ref.variable.name
            if name not in known:
                message = f"`{assignment.target}` depends on `{name}`, which is not replicated"
                check.error(replica.at, message, f"add `{name}` to the fields")
