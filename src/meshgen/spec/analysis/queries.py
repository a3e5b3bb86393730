"""Queries: what they find, and in which order."""

from __future__ import annotations

from dataclasses import dataclass

from meshgen.spec.analysis.access import OWNERS, check_reach, role_names, unrestricted
from meshgen.spec.analysis.context import Check, Fields
from meshgen.spec.analysis.kinds import bare
from meshgen.spec.analysis.owners import check_somebody_owns
from meshgen.spec.analysis.said_paths import former_paths, said_path
from meshgen.spec.analysis.symbols import AggregateSymbol, ServiceSymbol
from meshgen.spec.hints import meant_or_one_of
from meshgen.spec.model import Field, Query, SortKey
from meshgen.spec.syntax import QuerySyntax, Word
from meshgen.spec.types import UUID, EnumType, Scalar, Type
from meshgen.unicode import printable

_PARAMETERS = ("page", "cursor")
_ROUTES = ("Livez", "Readyz", "Docs", "Redoc", "Metrics")


@dataclass(frozen=True, slots=True)
class Rows:
    """What a query reads.

    Attributes:
        what: What it reads, in messages.
        fields: The fields of the rows.
        id: The field that finds a single row.
        order: The default order.
        owner: The field with the owner of a row, if it has one.
    """

    what: str
    fields: Fields
    id: str | None
    order: tuple[SortKey, ...] = ()
    owner: str | None = None


def build_queries(check: Check, service: ServiceSymbol) -> tuple[Query, ...]:
    """The queries of a service."""
    found = []
    for syntax in service.syntax.queries:
        aggregate = service.aggregates.get(syntax.of.text) if syntax.of else None
        if aggregate is None:
            if syntax.of and check.knows("aggregates"):
                message = f"this service has no aggregate `{printable(syntax.of.text)}`"
                check.error(
                    syntax.of.at, message, meant_or_one_of(syntax.of.text, list(service.aggregates))
                )
            continue
        _refuse_event_sourced(check, syntax, aggregate)
        identity = aggregate.syntax.id.text if aggregate.syntax.id else None
        owner = aggregate.syntax.owner.text if aggregate.syntax.owner else None
        rows = Rows(f"`{aggregate.name}`", aggregate.whole, identity, owner=owner)
        found.append(build_query(check, syntax, rows))
        if syntax.owner is not None and syntax.owner.text == owner:
            check_somebody_owns(check, aggregate, syntax.roles, f"read `{syntax.name}`")
    return tuple(found)


def _refuse_event_sourced(check: Check, syntax: QuerySyntax, aggregate: AggregateSymbol) -> None:
    if not aggregate.syntax.event_sourced or aggregate.syntax.id is None or syntax.of is None:
        return
    if syntax.page or [word.text for word in syntax.by] != [aggregate.syntax.id.text]:
        hint = f"read it by `{aggregate.syntax.id}`, or query a projection of its events"
        check.error(
            syntax.of.at,
            f"`{aggregate.name}` is event-sourced and cannot be queried",
            hint,
        )


def build_query(check: Check, syntax: QuerySyntax, rows: Rows) -> Query:
    """The query of the model, with findings for everything that does not fit."""
    if syntax.name.text in _ROUTES:
        check.error(
            syntax.name.at,
            f"`{syntax.name}` is not a valid name for a query",
            "every unit already has a route of this name",
        )
    by = _fields(check, syntax.by, rows, "found by")
    filter_ = _fields(check, syntax.filter, rows, "filtered by")
    for word in syntax.filter:
        if word.text in [other.text for other in syntax.by]:
            check.error(word.at, f"`{word}` is already in `by`")
    sort = _sort(check, syntax, rows)
    if syntax.page is None and check.knows("page"):
        _check_finds_one(check, syntax, rows)
    _check_owner(check, syntax, rows)
    _check_access(check, syntax, rows)
    takes = _parameters(syntax, rows)
    return Query(
        name=syntax.name.text,
        of=syntax.of.text if syntax.of else None,
        by=by,
        filter=filter_,
        sort=sort or (rows.order if syntax.page else ()),
        page=syntax.page,
        owner=syntax.owner.text if syntax.owner else None,
        roles=role_names(syntax.roles),
        unrestricted=unrestricted(syntax.roles, syntax.owner),
        public=syntax.public is not None,
        live=syntax.live,
        path=said_path(check, syntax.path, f"`{syntax.name}`", takes),
        deprecated=former_paths(check, syntax.deprecated, f"`{syntax.name}`", takes),
        renamed_from=syntax.renamed_from.text if syntax.renamed_from else None,
        at=syntax.name.at,
    )


def _parameters(syntax: QuerySyntax, rows: Rows) -> dict[str, Field]:
    """Return what may be in its paths; a page is asked for by parameters of the query only."""
    asked = rows.fields.only([word.text for word in syntax.by] if syntax.page is None else ())
    return {field.name: field for field in asked if field.type == UUID}


def comparable(type_: Type) -> bool:
    """Whether rows can be found by and sorted by a field of this type."""
    return isinstance(bare(type_), Scalar | EnumType)


def known_field(check: Check, word: Word, fields: Fields, what: str, use: str) -> bool:
    """Whether `word` is a field of simple type; if not, there is a finding."""
    field = fields.known.get(word.text)
    if field is None:
        if fields.missing(word.text):
            hint = meant_or_one_of(word.text, list(fields.known))
            check.error(word.at, f"{what} has no field `{printable(word.text)}`", hint)
        return False
    if not comparable(field.type):
        check.error(
            word.at,
            f"rows cannot be {use} `{word}`, a `{field.type}`",
            "use a field with a simple value or an enum",
        )
        return False
    check.uses(word, field)
    return True


def _fields(check: Check, words: tuple[Word, ...], rows: Rows, use: str) -> tuple[str, ...]:
    found = []
    for word in words:
        if not known_field(check, word, rows.fields, rows.what, use):
            continue
        if word.text in _PARAMETERS:
            check.error(
                word.at,
                f"`{word}` cannot be a parameter",
                "every query already has a parameter of this name",
            )
        found.append(word.text)
    return tuple(found)


def _sort(check: Check, syntax: QuerySyntax, rows: Rows) -> tuple[SortKey, ...]:
    return tuple(
        SortKey(field=key.field.text, descending=key.descending)
        for key in syntax.sort
        if known_field(check, key.field, rows.fields, rows.what, "sorted by")
    )


def _check_finds_one(check: Check, syntax: QuerySyntax, rows: Rows) -> None:
    """Without `page` a query answers exactly one row, so the id has to be given."""
    if rows.id is not None and rows.id not in [word.text for word in syntax.by]:
        hint = f"add `page: 20` for a page of rows, or `by: {rows.id}` for one row"
        check.error(
            syntax.name.at, f"`{syntax.name}` may return several rows and needs `page`", hint
        )
    elif syntax.filter or syntax.sort:
        word = syntax.filter[0] if syntax.filter else syntax.sort[0].field
        check.error(
            word.at,
            "a query of one row has no filters and no order",
            "leave it out, or add `page`",
        )


def _check_access(check: Check, syntax: QuerySyntax, rows: Rows) -> None:
    """Check that rows with an owner are shown only to those that the query names."""
    if not check.knows("owner", "roles"):
        return
    hint = f"write `any`, or add `owner: {rows.owner or 'customer_id'}`"
    check_reach(check, syntax.roles, syntax.owner, f"`{syntax.name}`", hint)
    if syntax.public and syntax.owner:
        hint = "leave `owner` out, or name roles"
        check.error(syntax.public.at, "callers without a token own nothing", hint)
    elif rows.owner and not (syntax.owner or syntax.roles or syntax.public):
        check.error(
            syntax.name.at,
            f"`{syntax.name}` shows every caller the rows of every `{rows.owner}`",
            _restriction(syntax, rows.owner, rows),
        )


def _restriction(syntax: QuerySyntax, owner: str, rows: Rows) -> str:
    """Return the hint for a query that says nothing about the owner of its rows."""
    named = "`roles` to name those who may read it all"
    field = rows.fields.known.get(owner)
    if syntax.page and field is not None and bare(field.type) != UUID:
        return f"add {named}"
    own = f"`by: [{owner}]` and `owner: {owner}`" if syntax.page else f"`owner: {owner}`"
    return f"add {own} to restrict it to the owner, or {named}"


def _check_owner(check: Check, syntax: QuerySyntax, rows: Rows) -> None:
    if syntax.owner is None:
        return
    field = rows.fields.known.get(syntax.owner.text)
    if field is None:
        known_field(check, syntax.owner, rows.fields, rows.what, "owned by")
        return
    check.uses(syntax.owner, field)
    if bare(field.type) not in OWNERS:
        message = f"an owner must be a `uuid` or a `list[uuid]`; `{field.name}` is `{field.type}`"
        check.error(syntax.owner.at, message)
    elif syntax.page and bare(field.type) != UUID:
        hint = f"read one by `{rows.id}`, or leave `owner` out and name `roles`"
        check.error(syntax.owner.at, "a page cannot be found by one of several owners", hint)
    elif syntax.page and syntax.owner.text not in [word.text for word in syntax.by]:
        hint = f"`by: [{syntax.owner}]`"
        check.error(
            syntax.owner.at, "a query with an owner must have the owner as a parameter", hint
        )
