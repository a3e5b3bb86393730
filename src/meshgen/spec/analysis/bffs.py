"""Backends-for-frontends: whether the parts exist and are asked for what they can answer."""

from __future__ import annotations

import keyword
import re
from collections.abc import Mapping

from meshgen.spec.analysis.access import is_any, is_public, shown_fields
from meshgen.spec.analysis.arguments import Parameters, Target, read_arguments
from meshgen.spec.analysis.context import Check, Fields
from meshgen.spec.analysis.feeding import Source, Sources, check_cycles
from meshgen.spec.analysis.sendings import build_sending
from meshgen.spec.analysis.symbols import AggregateSymbol, Symbols
from meshgen.spec.hints import meant_or_one_of
from meshgen.spec.model import Bff, Endpoint, Part, Ref
from meshgen.spec.syntax import (
    BffSyntax,
    EndpointSyntax,
    PartSyntax,
    RoleSyntax,
    Word,
)
from meshgen.unicode import printable

_NAMED = "functions of endpoints are named after their paths"
_TAKEN = ("optional", "public_router", "router", "together")


def build_bff(check: Check, symbols: Symbols, syntax: BffSyntax) -> Bff:
    """The BFF of the model, with findings for everything that does not fit."""
    _check_paths(check, syntax)
    return Bff(
        name=syntax.name.text,
        summary=syntax.summary,
        endpoints=tuple(_endpoint(check, symbols, endpoint) for endpoint in syntax.endpoints),
        slo=syntax.slo,
        renamed_from=syntax.renamed_from.text if syntax.renamed_from else None,
        at=syntax.name.at,
    )


def _check_paths(check: Check, syntax: BffSyntax) -> None:
    """Paths differ in more than the names of parameters, and in more than their punctuation."""
    forms: dict[str, Word] = {}
    functions: dict[str, Word] = {}
    for endpoint in syntax.endpoints:
        path = endpoint.path
        form = re.sub(r"\{[^}]*\}", "{}", path.text)
        function = re.sub(r"\W+", "_", path.text.replace("{", "by_")).strip("_")
        first = forms.setdefault(f"{endpoint.method} {form}", path)
        alike = functions.setdefault(f"{endpoint.method} {function}", path)
        if first is not path:
            line = first.at.line
            check.error(path.at, f"only parameter names differ from the path in line {line}")
        elif alike is not path:
            check.error(path.at, f"too similar to the path in line {alike.at.line}", _NAMED)
        elif not endpoint.sends and (function in _TAKEN or keyword.iskeyword(function)):
            check.error(path.at, f"`{path}` is not a valid path", _NAMED)


def _endpoint(check: Check, symbols: Symbols, syntax: EndpointSyntax) -> Endpoint:
    calls = (*syntax.parts, *((syntax.sends,) if syntax.sends else ()))
    used = {a.value for call in calls for a in call.arguments if a.is_name and not a.of}
    for parameter in syntax.parameters:
        if parameter.text not in used and calls:
            user = "the command does not use" if syntax.sends else "no part uses"
            check.error(parameter.at, f"{user} `{parameter}`")
    parameters: Parameters = {parameter.text: None for parameter in syntax.parameters}
    sends = syntax.sends
    targets = {part.name.text: _target(check, symbols, part.target) for part in syntax.parts}
    check_cycles(check, syntax.parts)
    return Endpoint(
        method=syntax.method,
        path=syntax.path.text,
        parameters=tuple(parameters),
        parts=_parts(check, syntax.parts, targets, parameters),
        sends=build_sending(check, symbols, syntax, sends, parameters) if sends else None,
        public=bool(syntax.parts) and all(is_public(symbols, part.target) for part in syntax.parts),
        at=syntax.path.at,
    )


def _parts(
    check: Check,
    parts: tuple[PartSyntax, ...],
    targets: Mapping[str, Target | None],
    parameters: Parameters,
) -> tuple[Part, ...]:
    sources = {part.name.text: _source(part, targets[part.name.text]) for part in parts}
    return tuple(
        _part(check, part, target, parameters, sources)
        for part in parts
        if (target := targets[part.name.text])
    )


def _source(part: PartSyntax, target: Target | None) -> Source | None:
    return Source(part, target.fields, paged=target.page is not None) if target else None


def _part(
    check: Check, syntax: PartSyntax, target: Target, parameters: Parameters, sources: Sources
) -> Part:
    arguments = read_arguments(check, syntax, target, parameters, sources)
    _check_only(check, syntax, target)
    unit, _, name = syntax.target.text.partition(".")
    return Part(
        name=syntax.name.text,
        target=Ref(unit=unit, name=name, at=syntax.target.at),
        arguments=arguments,
        optional=syntax.optional,
        only=tuple(word.text for word in syntax.only),
        at=syntax.name.at,
    )


def _target(check: Check, symbols: Symbols, word: Word) -> Target | None:
    unit, _, name = word.text.partition(".")
    service, view = symbols.services.get(unit), symbols.views.get(unit)
    if service is not None and name in service.aggregates:
        aggregate = service.aggregates[name]
        _check_readable(check, aggregate, word)
        needs = (aggregate.syntax.id.text,) if aggregate.syntax.id else ()
        readers = aggregate.syntax.read.roles if aggregate.syntax.read else ()
        owner = _sole_owner(aggregate.syntax.owner, readers)
        return Target(needs, needs, shown_fields(aggregate), not needs, None, owner)
    owner_of = service or view
    if owner_of is None:
        if unit in symbols.bffs:
            check.error(word.at, f"`{unit}` is a BFF", "read a service, a projection or a stream")
        elif check.knows("services", "projections", "streams"):
            units = [*symbols.services, *symbols.views]
            check.error(
                word.at,
                f"there is no service, projection or stream `{printable(unit)}`",
                meant_or_one_of(unit, units),
            )
        return None
    query = owner_of.queries.get(name)
    if query is None:
        known = [*owner_of.queries, *(service.aggregates if service else ())]
        if check.knows("queries", "aggregates"):
            hint = meant_or_one_of(name, known)
            check.error(
                word.at,
                f"`{unit}` has no query{' or aggregate' if service else ''} `{printable(name)}`",
                hint,
            )
        return None
    if view is not None:
        fields = view.row
    else:
        of = service.aggregates.get(query.of.text) if service and query.of else None
        fields = of.whole if of else Fields(partial=True)
    by = tuple(word.text for word in query.by)
    takes = (*by, *(word.text for word in query.filter))
    unclear = any(name not in fields.known for name in takes) or not check.knows("page")
    owner = _sole_owner(query.owner, query.roles or ())
    return Target(by, takes, fields, unclear, query.page, owner)


def _sole_owner(owner: Word | None, roles: tuple[RoleSyntax, ...]) -> str | None:
    """Return the field with the owner, if nobody else may read."""
    return None if owner is None or any(is_any(role) for role in roles) else owner.text


def _check_readable(check: Check, aggregate: AggregateSymbol, word: Word) -> None:
    if not aggregate.readable and check.knows("aggregates", "owner", "commands", "roles"):
        id = aggregate.syntax.id or "its id"
        check.error(
            word.at,
            f"nobody may read `{word}`: it has {_why(aggregate)}",
            f"add the query `{{of: {aggregate.name}, by: {id}}}` to `{aggregate.unit}` and read it",
        )


def _why(aggregate: AggregateSymbol) -> str:
    if aggregate.syntax.read is not None:
        return "`read: none`"
    return "no `owner`, and none of its commands has `roles`"


def _check_only(check: Check, syntax: PartSyntax, target: Target) -> None:
    for word in syntax.only:
        if word.text in target.fields.known:
            check.uses(word, target.fields.known[word.text])
        if target.fields.missing(word.text):
            hint = meant_or_one_of(word.text, list(target.fields.known))
            check.error(word.at, f"`{syntax.target}` has no field `{printable(word.text)}`", hint)
