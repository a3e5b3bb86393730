"""Queries: what they find, and in which order."""

from __future__ import annotations

from dataclasses import dataclass

from meshgen.spec.check.context import Check, Fields
from meshgen.spec.check.kinds import bare
from meshgen.spec.check.symbols import AggregateSymbol, ServiceSymbol
from meshgen.spec.draft import QueryDraft, Word
from meshgen.spec.model import Query, SortKey
from meshgen.spec.types import UUID, EnumType, Scalar, Type
from meshgen.spec.wording import meant_or_one_of, printable

_PARAMETERS = ("page", "cursor")
_ROUTES = ("Livez", "Readyz", "Docs", "Redoc", "Metrics")


@dataclass(frozen=True, slots=True)
class Rows:
    """What a query reads: the rows' fields, the one that finds a single row, the default order."""

    what: str
    fields: Fields
    id: str | None
    order: tuple[SortKey, ...] = ()


def build_queries(check: Check, service: ServiceSymbol) -> tuple[Query, ...]:
    """The queries of a service."""
    found = []
    for draft in service.draft.queries:
        aggregate = service.aggregates.get(draft.of.text) if draft.of else None
        if aggregate is None:
            if draft.of and check.knows("aggregates"):
                message = f"this service has no aggregate `{printable(draft.of.text)}`"
                check.error(
                    draft.of.at, message, meant_or_one_of(draft.of.text, list(service.aggregates))
                )
            continue
        _refuse_event_sourced(check, draft, aggregate)
        identity = aggregate.draft.id.text if aggregate.draft.id else None
        found.append(
            build_query(check, draft, Rows(f"`{aggregate.name}`", aggregate.whole, identity))
        )
    return tuple(found)


def _refuse_event_sourced(check: Check, draft: QueryDraft, aggregate: AggregateSymbol) -> None:
    if not aggregate.draft.event_sourced or aggregate.draft.id is None or draft.of is None:
        return
    if draft.page or [word.text for word in draft.by] != [aggregate.draft.id.text]:
        hint = f"it is found by `{aggregate.draft.id}`; search a projection of its events"
        check.error(
            draft.of.at,
            f"`{aggregate.name}` is event-sourced, so there are no rows to search",
            hint,
        )


def build_query(check: Check, draft: QueryDraft, rows: Rows) -> Query:
    """The query of the model, with findings for everything that does not fit."""
    if draft.name.text in _ROUTES:
        check.error(
            draft.name.at,
            f"`{draft.name}` cannot be a name for a query",
            "every unit has an address of this name already",
        )
    by = _fields(check, draft.by, rows, "found by")
    filter_ = _fields(check, draft.filter, rows, "filtered by")
    for word in draft.filter:
        if word.text in [other.text for other in draft.by]:
            check.error(word.at, f"`{word}` is in `by`, so it is no filter")
    sort = _sort(check, draft, rows)
    if draft.page is None and check.knows("page"):
        _check_finds_one(check, draft, rows)
    _check_owner(check, draft, rows)
    return Query(
        name=draft.name.text,
        of=draft.of.text if draft.of else None,
        by=by,
        filter=filter_,
        sort=sort or (rows.order if draft.page else ()),
        page=draft.page,
        owner=draft.owner.text if draft.owner else None,
        roles=None if draft.roles is None else tuple(role.text for role in draft.roles),
        at=draft.name.at,
    )


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
            "only by simple values and enums",
        )
        return False
    return True


def _fields(check: Check, words: tuple[Word, ...], rows: Rows, use: str) -> tuple[str, ...]:
    found = []
    for word in words:
        if not known_field(check, word, rows.fields, rows.what, use):
            continue
        if word.text in _PARAMETERS:
            check.error(
                word.at,
                f"`{word}` cannot be asked for",
                "every search has a parameter of this name already",
            )
        found.append(word.text)
    return tuple(found)


def _sort(check: Check, draft: QueryDraft, rows: Rows) -> tuple[SortKey, ...]:
    return tuple(
        SortKey(field=key.field.text, descending=key.descending)
        for key in draft.sort
        if known_field(check, key.field, rows.fields, rows.what, "sorted by")
    )


def _check_finds_one(check: Check, draft: QueryDraft, rows: Rows) -> None:
    """Without `page` a query answers exactly one row, so the id has to be given."""
    if rows.id is not None and rows.id not in [word.text for word in draft.by]:
        hint = f"give `page: 20` for a page of rows, or `by: {rows.id}` for one"
        check.error(draft.name.at, f"`{draft.name}` may find many rows, but has no `page`", hint)
    elif draft.filter or draft.sort:
        word = draft.filter[0] if draft.filter else draft.sort[0].field
        check.error(
            word.at, "a single row is neither filtered nor sorted", "leave it out, or give `page`"
        )


def _check_owner(check: Check, draft: QueryDraft, rows: Rows) -> None:
    if draft.owner is None:
        return
    field = rows.fields.known.get(draft.owner.text)
    if field is None:
        known_field(check, draft.owner, rows.fields, rows.what, "owned by")
    elif bare(field.type) != UUID:
        check.error(
            draft.owner.at,
            f"the owner is a caller's id, so a `uuid`; `{field.name}` is `{field.type}`",
        )
    elif draft.page and draft.owner.text not in [word.text for word in draft.by]:
        hint = f"`by: [{draft.owner}]`"
        check.error(draft.owner.at, "a search that belongs to its owner is made by the owner", hint)
