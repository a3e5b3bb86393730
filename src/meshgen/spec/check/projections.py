"""Projections: rows, and how events change them."""

from __future__ import annotations

from meshgen.spec.check.context import Check, Fields
from meshgen.spec.check.filling import check_filled, given
from meshgen.spec.check.queries import Rows, build_query, known_field
from meshgen.spec.check.symbols import EventSymbol, ProjectionSymbol, Symbols
from meshgen.spec.draft import ReactionDraft
from meshgen.spec.expressions import Access
from meshgen.spec.expressions.defaults import has_initial
from meshgen.spec.model import Assignment, Projection, Query, Reaction, SortKey, Store
from meshgen.spec.types import INT, STRING, UUID

_KEY_TYPES = (UUID, STRING, INT)
Reacted = list[tuple[ReactionDraft, EventSymbol]]


def build_projection(check: Check, symbols: Symbols, symbol: ProjectionSymbol) -> Projection:
    """The projection of the model, with findings for everything that does not fit."""
    draft = symbol.draft
    reacted = [(r, event) for r in draft.reactions if (event := symbols.event(r.event, None))]
    identity = _identity(check, symbol, reacted)
    cluster = _key(check, symbol)
    reactions = tuple(
        built for r, event in reacted if (built := _reaction(check, symbols, symbol, r, event))
    )
    _check_begins(check, symbol)
    rows = Rows(f"the row of `{draft.name}`", symbol.row, identity, cluster)
    queries = tuple(build_query(check, query, rows) for query in draft.queries)
    known = all(word.text in symbol.row.known for word in draft.partition)
    if known and draft.engine and draft.engine.text == "cassandra":
        _check_wide_column(check, symbol, queries, identity)
    return Projection(
        name=draft.name.text,
        summary=draft.summary,
        store=Store(
            engine=draft.engine.text if draft.engine else "",
            at=draft.engine.at if draft.engine else draft.name.at,
        ),
        partition=tuple(word.text for word in draft.partition),
        cluster=cluster,
        id=identity or "",
        row=tuple(symbol.row),
        reactions=reactions,
        queries=queries,
        renamed_from=draft.renamed_from.text if draft.renamed_from else None,
        at=draft.name.at,
    )


def _key(check: Check, symbol: ProjectionSymbol) -> tuple[SortKey, ...]:
    draft = symbol.draft
    what = f"the row of `{draft.name}`"
    for word in draft.partition:
        known_field(check, word, symbol.row, what, "found by")
    for key in draft.cluster:
        if key.field.text in [word.text for word in draft.partition]:
            check.error(key.field.at, f"`{key.field}` is in `partition` already")
        else:
            known_field(check, key.field, symbol.row, what, "sorted by")
    return tuple(SortKey(field=key.field.text, descending=key.descending) for key in draft.cluster)


def _identity(check: Check, symbol: ProjectionSymbol, reacted: Reacted) -> str | None:
    """The row field by which every event finds its row: one that all of them carry."""
    draft = symbol.draft
    if (
        len(reacted) != len(draft.reactions)
        or not reacted
        or symbol.row.partial
        or symbol.row.broken
    ):
        return None
    events = [event for _, event in reacted]
    shared = [
        f
        for f in symbol.row
        if f.type in _KEY_TYPES and all(_carries(e, f.name, f.type) for e in events)
    ]
    if not shared:
        hint = "every event has to carry the field by which its row is found, like an id"
        if not any(event.whole.partial for event in events):
            check.error(
                draft.name.at,
                f"the events of `{draft.name}` have no field of the row in common",
                hint,
            )
        return None
    key = {word.text for word in draft.partition} | {sort.field.text for sort in draft.cluster}

    def rank(name: str) -> tuple[bool, bool]:
        names_all = all(
            event.aggregate.draft.id and event.aggregate.draft.id.text == name for event in events
        )
        return names_all, name in key

    return max(shared, key=lambda field: rank(field.name)).name  # of equals the first of the row


def _carries(event: EventSymbol, name: str, type_: object) -> bool:
    field = event.whole.known.get(name)
    return field is not None and field.type == type_


def _reaction(
    check: Check,
    symbols: Symbols,
    symbol: ProjectionSymbol,
    draft: ReactionDraft,
    event: EventSymbol,
) -> Reaction | None:
    if draft.mode is None:
        return None
    row = symbol.row
    names = check.names().fields("event", event.whole, "event")
    if draft.mode == "insert":
        names.without([*row.known, "row"], "there is no row yet; `upsert` may find one")
    else:
        names.fields("row", row, "row")
    what = f"the row of `{symbol.draft.name}`"
    sets = check.assignments(draft.sets, row, what, names)
    named = given(draft.sets, row)
    sources = [(f"`{event.name}`", event.whole)]
    hint = f"say what it is: `{draft.mode}: {{{{{{field}}: ...}}}}`"
    hint += ", or give it a default" if draft.mode == "upsert" else ""
    if draft.mode in ("insert", "upsert"):
        check_filled(check, row, named, sources, draft.event.at, what, hint)
        _check_beginning(check, row, sets)
    elif draft.mode == "update":
        shared = row.only(event.whole.known)
        check_filled(check, shared, named, sources, draft.event.at, what, hint)
        _check_changes(check, draft, event, row)
    return Reaction(
        event=symbols.ref(event, draft.event), mode=draft.mode, sets=sets, at=draft.event.at
    )


def _check_beginning(check: Check, row: Fields, sets: tuple[Assignment, ...]) -> None:
    """What an upsert computes from the row, it has to compute from a new one, too."""
    needed = [field.name for field in row if not has_initial(field)]
    for assignment in sets:
        reads = [
            ref.variable.name
            for ref in assignment.value.refs.values()
            if isinstance(ref, Access) and ref.variable.kind == "row"
        ]
        if reads and len(needed) > 1:  # the id is always there
            missing = ", ".join(f"`{name}`" for name in needed)
            check.error(
                assignment.at,
                f"`{assignment.target}` is computed from a row that may not be there yet",
                f"give the row's fields defaults to begin with: {missing} have none",
            )


def _check_changes(check: Check, draft: ReactionDraft, event: EventSymbol, row: Fields) -> None:
    """An update sets a field, or the event has one of the row's fields beside its id."""
    copied = [field for field in event.own if field.name in row]
    if not draft.sets and not copied and not row.partial and not event.own.partial:
        message = f"`{event.name}` changes nothing in the row"
        check.error(draft.event.at, message, "set a field, or leave the event out")


def _check_begins(check: Check, symbol: ProjectionSymbol) -> None:
    """Some event puts rows in."""
    modes = [reaction.mode for reaction in symbol.draft.reactions]
    if modes and None not in modes and not {"insert", "upsert"} & set(modes):
        check.error(
            symbol.draft.name.at,
            f"no event puts a row into `{symbol.draft.name}`",
            "one of its reactions is `insert` or `upsert`",
        )


def _check_wide_column(
    check: Check, symbol: ProjectionSymbol, queries: tuple[Query, ...], identity: str | None
) -> None:
    """Cassandra finds rows by their whole partition, in the order of the cluster; that is all."""
    partition = [word.text for word in symbol.draft.partition]
    order = [sort.field.text for sort in symbol.draft.cluster]
    for query, draft in zip(queries, symbol.draft.queries, strict=True):
        if query.by == (identity,) and query.page is None:
            continue
        if identity is not None and sorted(query.by) != sorted(partition):
            wanted = ", ".join(partition)
            check.error(
                draft.name.at,
                f"on Cassandra `{query.name}` is found by the whole partition",
                f"`by: [{wanted}]`, or another store",
            )
        elif [sort.field for sort in query.sort] != order[: len(query.sort)]:
            check.error(
                draft.sort[0].field.at,
                "on Cassandra rows are sorted as `cluster` says",
                "leave `sort` out, or choose another store",
            )
        if query.filter:
            check.error(
                draft.filter[0].at,
                "on Cassandra rows are not filtered",
                "choose another store, or make it part of the key",
            )
