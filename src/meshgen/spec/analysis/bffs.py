"""Backends-for-frontends: whether the parts exist and are asked for what they can answer."""

from __future__ import annotations

import keyword
import re
from dataclasses import dataclass

from meshgen.spec.analysis.access import is_any, is_public, shown_fields
from meshgen.spec.analysis.context import Check, Fields
from meshgen.spec.analysis.index import Place
from meshgen.spec.analysis.kinds import bare
from meshgen.spec.analysis.symbols import AggregateSymbol, Symbols
from meshgen.spec.hints import meant_or_one_of
from meshgen.spec.model import Argument, Bff, Endpoint, Name, Part, Ref
from meshgen.spec.syntax import (
    ArgumentSyntax,
    BffSyntax,
    EndpointSyntax,
    PartSyntax,
    RoleSyntax,
    Word,
)
from meshgen.spec.types import BOOL, INT, STRING, UUID, EnumType, Type
from meshgen.unicode import printable

_TAKEN = ("optional", "public_router", "router", "together")


Parameters = dict[str, Type | None]  # of a path; their types are known once a part asks for them


@dataclass(frozen=True, slots=True)
class Target:
    """What a part reads: what must and may be asked for, and the fields of the answer.

    open: not all that may be asked for is known, because the query has findings of its own
    """

    needs: tuple[str, ...]
    takes: tuple[str, ...]
    fields: Fields
    open: bool
    page: int | None
    owner: str | None


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
        first = forms.setdefault(form, path)
        alike = functions.setdefault(function, path)
        if first is not path:
            line = first.at.line
            check.error(path.at, f"only parameter names differ from the path in line {line}")
        elif alike is not path:
            hint = "functions of endpoints are named after their paths"
            check.error(path.at, f"too similar to the path in line {alike.at.line}", hint)
        elif function in _TAKEN or keyword.iskeyword(function):
            hint = "functions of endpoints are named after their paths"
            check.error(path.at, f"`{path}` is not a valid path", hint)


def _endpoint(check: Check, symbols: Symbols, syntax: EndpointSyntax) -> Endpoint:
    used = {a.value for part in syntax.parts for a in part.arguments if a.is_name}
    for parameter in syntax.parameters:
        if parameter.text not in used and syntax.parts:
            check.error(parameter.at, f"no part uses `{parameter}`")
    parameters: Parameters = {parameter.text: None for parameter in syntax.parameters}
    return Endpoint(
        path=syntax.path.text,
        parameters=tuple(parameters),
        parts=tuple(p for part in syntax.parts if (p := _part(check, symbols, part, parameters))),
        public=bool(syntax.parts) and all(is_public(symbols, part.target) for part in syntax.parts),
        at=syntax.path.at,
    )


def _part(
    check: Check, symbols: Symbols, syntax: PartSyntax, parameters: Parameters
) -> Part | None:
    target = _target(check, symbols, syntax.target)
    if target is None:
        return None
    arguments = []
    for argument in syntax.arguments:
        value = _argument(check, argument, target, parameters)
        if value is not None:
            arguments.append((argument.name.text, value))
    given = {argument.name.text for argument in syntax.arguments}
    for name in target.needs:
        if name not in given and not target.open:
            check.error(
                syntax.target.at,
                f"`{syntax.target}` needs `{name}`",
                f"add `{name}=caller`, or a path parameter",
            )
    _check_only(check, syntax, target)
    unit, _, name = syntax.target.text.partition(".")
    return Part(
        name=syntax.name.text,
        target=Ref(unit=unit, name=name, at=syntax.target.at),
        arguments=tuple(arguments),
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


def _argument(
    check: Check, syntax: ArgumentSyntax, target: Target, parameters: Parameters
) -> Argument | None:
    name = syntax.name.text
    if name == "page" and target.page is not None:
        return _page(check, syntax, target.page)
    if name not in target.takes and target.open:
        return None
    if name not in target.takes:
        known = [*target.takes, *(("page",) if target.page else ())]
        check.error(
            syntax.name.at,
            f"`{printable(name)}` is not a parameter of this query",
            meant_or_one_of(name, known),
        )
        return None
    field = target.fields.known.get(name)
    if field is None:  # there is a finding for the query
        return None
    check.uses(syntax.name, field)
    kind = bare(field.type)
    if syntax.is_name and str(syntax.value) in ("caller", *parameters):
        if syntax.value == "caller" and kind != UUID:
            check.error(syntax.at, f"`caller` is a `uuid`; `{name}` is `{kind}`")
        elif syntax.value != "caller":
            _check_one_type(check, syntax, kind, parameters)
        return Name(str(syntax.value))
    value = syntax.value
    if syntax.is_name and not (isinstance(kind, EnumType) and value in kind.members):
        known = ["caller", *parameters, *(kind.members if isinstance(kind, EnumType) else ())]
        check.error(
            syntax.at,
            f"`{printable(str(value))}` is not a valid value here",
            meant_or_one_of(str(value), known),
        )
        return None
    if not _literal_fits(value, kind):
        check.error(syntax.at, f"this is not a value of `{name}`, a `{kind}`")
        return None
    if isinstance(kind, EnumType):
        check.uses_member(Place(str(value), syntax.at, syntax.lead), kind.name)
    if name == target.owner:
        check.error(
            syntax.at,
            f"`{name}` is the owner",
            f"only the owner may read it: `{name}=caller`",
        )
    return value


def _check_one_type(
    check: Check, syntax: ArgumentSyntax, kind: Type, parameters: Parameters
) -> None:
    """A parameter of the path has the type of the field that it is asked for; of all of them."""
    first = parameters[str(syntax.value)] or kind
    parameters[str(syntax.value)] = first
    if first != kind:
        message = f"`{syntax.value}` is used as `{first}`, but `{syntax.name}` is `{kind}`"
        check.error(syntax.at, message, "use a separate path parameter for each")


def _page(check: Check, syntax: ArgumentSyntax, most: int) -> Argument | None:
    if (
        syntax.is_name
        or isinstance(syntax.value, bool)
        or not isinstance(syntax.value, int)
        or not 1 <= syntax.value <= most
    ):
        check.error(
            syntax.at,
            "`page` is the number of rows of a page",
            f"use a value from 1 to {most}, the page size of the query",
        )
        return None
    return syntax.value


def _literal_fits(value: str | int | bool, kind: Type) -> bool:
    if isinstance(value, bool):
        return kind == BOOL
    if isinstance(value, int):
        return kind == INT
    return kind == STRING or (isinstance(kind, EnumType) and value in kind.members)


def _check_only(check: Check, syntax: PartSyntax, target: Target) -> None:
    for word in syntax.only:
        if word.text in target.fields.known:
            check.uses(word, target.fields.known[word.text])
        if target.fields.missing(word.text):
            hint = meant_or_one_of(word.text, list(target.fields.known))
            check.error(word.at, f"`{syntax.target}` has no field `{printable(word.text)}`", hint)
