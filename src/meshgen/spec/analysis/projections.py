"""Projections: rows, and how events change them."""

from __future__ import annotations

from meshgen.spec.analysis.access import owner_of_rows
from meshgen.spec.analysis.context import Check, Fields
from meshgen.spec.analysis.filling import check_filled, given
from meshgen.spec.analysis.index import Tie
from meshgen.spec.analysis.queries import Rows, build_query, known_field
from meshgen.spec.analysis.symbols import EventSymbol, ProjectionSymbol, Symbols
from meshgen.spec.analysis.wide_columns import WideRows, check_wide_rows
from meshgen.spec.diagnostics import Position
from meshgen.spec.expressions import Access
from meshgen.spec.expressions.defaults import has_initial
from meshgen.spec.hints import meant_or_one_of
from meshgen.spec.model import Assignment, Field, Projection, Reaction, SortKey, Store
from meshgen.spec.syntax import ReactionSyntax, StreamEventSyntax, Word
from meshgen.spec.types import INT, STRING, UUID
from meshgen.unicode import printable

_KEY_TYPES = (UUID, STRING, INT)
Reacted = list[tuple[ReactionSyntax, EventSymbol]]


def build_projection(check: Check, symbols: Symbols, symbol: ProjectionSymbol) -> Projection:
    """The projection of the model, with findings for everything that does not fit."""
    syntax = symbol.syntax
    reacted = [(r, event) for r in syntax.reactions if (event := symbols.event(r.event, None))]
    identity = _identity(check, symbol, reacted)
    cluster = _key(check, symbol)
    reactions = tuple(
        built
        for r, event in reacted
        if (built := _reaction(check, symbols, symbol, r, event, identity))
    )
    _check_begins(check, symbol)
    owner = owner_of_rows(symbols, [event for _, event in reacted], symbol.row)
    rows = Rows(f"the row of `{syntax.name}`", symbol.row, identity, cluster, owner)
    queries = tuple(build_query(check, query, rows) for query in syntax.queries)
    known = all(word.text in symbol.row.known for word in syntax.partition)
    if known and syntax.engine and syntax.engine.text == "cassandra":
        wide = WideRows(
            id=identity,
            partition=tuple(word.text for word in syntax.partition) if identity else None,
            order=tuple(sort.field.text for sort in syntax.cluster),
            sorted_by="cluster",
        )
        check_wide_rows(check, wide, queries, syntax.queries)
    return Projection(
        name=syntax.name.text,
        summary=syntax.summary,
        store=Store(
            engine=syntax.engine.text if syntax.engine else "",
            at=syntax.engine.at if syntax.engine else syntax.name.at,
        ),
        partition=tuple(word.text for word in syntax.partition),
        cluster=cluster,
        id=identity or "",
        row=tuple(symbol.row),
        reactions=reactions,
        queries=queries,
        slo=syntax.slo,
        renamed_from=syntax.renamed_from.text if syntax.renamed_from else None,
        at=syntax.name.at,
    )


def _key(check: Check, symbol: ProjectionSymbol) -> tuple[SortKey, ...]:
    syntax = symbol.syntax
    what = f"the row of `{syntax.name}`"
    for word in syntax.partition:
        known_field(check, word, symbol.row, what, "found by")
    for key in syntax.cluster:
        if key.field.text in [word.text for word in syntax.partition]:
            check.error(key.field.at, f"`{key.field}` is already in `partition`")
        else:
            known_field(check, key.field, symbol.row, what, "sorted by")
    return tuple(SortKey(field=key.field.text, descending=key.descending) for key in syntax.cluster)


def _identity(check: Check, symbol: ProjectionSymbol, reacted: Reacted) -> str | None:
    """The row's field by which every event finds its row.

    It is the `id` that the projection says, else the id of the aggregate whose events insert rows,
    or upsert them where none inserts.
    """
    word = symbol.syntax.id or _implied(check, symbol, reacted)
    if word is None:
        return None
    field = symbol.row.known.get(word.text)
    if field is None:
        if symbol.row.missing(word.text):
            _refuse_unknown(check, symbol, word, reacted)
        return None
    if field.type not in _KEY_TYPES:
        message = f"`{field.name}` is `{field.type}`: rows are found by a uuid, a string or an int"
        check.error(word.at, message, "choose another field with `id: ...`")
        return None
    if word is symbol.syntax.id:
        check.uses(word, field)
    for syntax, event in reacted:
        carried = event.whole.known.get(field.name)
        if carried is None and event.whole.missing(field.name):
            check.error(
                syntax.event.at,
                f"`{event.name}` has no `{field.name}`, by which the rows are found",
                "leave it out; what other events lack, a replica can give to the one that has it",
            )
        elif carried is not None and carried.type != field.type:
            message = f"`{field.name}` is `{field.type}` in the row, `{carried.type}` in the event"
            check.error(syntax.event.at, message, "rows are found by it: give both the same type")
        elif carried is not None:
            _tie(check, symbol, syntax.event.at, field, carried)
    return field.name


def _tie(check: Check, symbol: ProjectionSymbol, at: Position, row: Field, event: Field) -> None:
    """Remember that events find their rows by the name of a field."""
    name = symbol.syntax.name
    message = f"rows of `{name}` are found by `{row.name}`, which all its events have"
    hint = "rename it by hand, in the row and in every event at once"
    check.index.ties += (Tie(at, row.at, message, hint), Tie(at, event.at, message, hint))


def _implied(check: Check, symbol: ProjectionSymbol, reacted: Reacted) -> Word | None:
    """The id of the aggregate that puts rows in, at the name of its event."""
    if len(reacted) != len(symbol.syntax.reactions):
        return None
    ids: dict[str, Word] = {}
    for mode in ("insert", "upsert"):
        makers = [(syntax, event) for syntax, event in reacted if syntax.mode == mode]
        for syntax, event in makers:
            if event.id is None:
                _refuse_without_id(check, symbol, syntax, event, reacted)
                return None
            ids.setdefault(event.id, Word(event.id, syntax.event.at))
        if ids:
            break
    if len(ids) > 1:
        names = " and ".join(f"`{name}`" for name in ids)
        message = f"rows of `{symbol.syntax.name}` are put in by events with the ids {names}"
        check.error(symbol.syntax.name.at, message, _proposal(symbol, reacted))
        return None
    return next(iter(ids.values()), None)


def _refuse_without_id(
    check: Check,
    symbol: ProjectionSymbol,
    syntax: ReactionSyntax,
    event: EventSymbol,
    reacted: Reacted,
) -> None:
    """Say that an event does not tell which row it puts in; that of an aggregate has a finding."""
    if isinstance(event.syntax, StreamEventSyntax) and not event.whole.partial:
        message = f"`{event.name}` is about several fields, so it does not imply the id of the row"
        hint = _proposal(symbol, reacted) or "choose the id of the row: `id: ...`"
        check.error(syntax.event.at, message, hint)


def _refuse_unknown(check: Check, symbol: ProjectionSymbol, word: Word, reacted: Reacted) -> None:
    """Say that the row does not have the field by which it should be found."""
    what = f"the row of `{symbol.syntax.name}`"
    if word is symbol.syntax.id:
        hint = meant_or_one_of(word.text, _shared(symbol, reacted))
        check.error(word.at, f"{what} has no field `{printable(word.text)}`", hint)
    else:
        message = f"{what} has no `{word}`, the id of what this event is about"
        hint = _proposal(symbol, reacted) or f"add `{word}: uuid` to the row"
        check.error(word.at, message, hint)


def _proposal(symbol: ProjectionSymbol, reacted: Reacted) -> str | None:
    """Name a field that can be the row's id: one that all events carry."""
    shared = _shared(symbol, reacted)
    return f"choose the id of the row: `id: {shared[0]}`" if shared else None


def _shared(symbol: ProjectionSymbol, reacted: Reacted) -> list[str]:
    """The fields of the row that all events carry, ids first."""
    names = [
        field.name
        for field in symbol.row
        if field.type in _KEY_TYPES
        and all(
            (own := event.whole.known.get(field.name)) and own.type == field.type
            for _, event in reacted
        )
    ]
    return sorted(names, key=lambda name: symbol.row.known[name].type != UUID)


def _reaction(
    check: Check,
    symbols: Symbols,
    symbol: ProjectionSymbol,
    syntax: ReactionSyntax,
    event: EventSymbol,
    identity: str | None,
) -> Reaction | None:
    if syntax.mode is None:
        return None
    row = symbol.row
    same = {identity, event.id}
    names = check.names().fields("event", event.whole, "event")
    if syntax.mode == "insert":
        names.without(
            [*row.known, "row"], "a new row has no values; `upsert` reads an existing row"
        )
    else:
        names.fields("row", row, "row", same)
    what = f"the row of `{symbol.syntax.name}`"
    sets = check.assignments(syntax.sets, row, what, names)
    named = given(syntax.sets, row)
    sources = [(f"`{event.name}`", event.whole)]
    hint = f"set it: `{syntax.mode}: {{{{{{field}}: ...}}}}`"
    hint += ", or give it a default" if syntax.mode == "upsert" else ""
    if syntax.mode in ("insert", "upsert"):
        check_filled(check, row, named, sources, syntax.event.at, what, hint, names=names)
        _check_beginning(check, row, sets)
    elif syntax.mode == "update":
        shared = row.only(event.whole.known)
        keys = shared.only(_key_names(symbol, identity))
        check_filled(check, keys, named, sources, syntax.event.at, what, hint)
        others = shared.only(shared.known.keys() - keys.known.keys())
        check_filled(check, others, named, sources, syntax.event.at, what, hint, names=names)
        _check_changes(check, syntax, event, row)
    return Reaction(
        event=symbols.ref(event, syntax.event), mode=syntax.mode, sets=sets, at=syntax.event.at
    )


def _key_names(symbol: ProjectionSymbol, identity: str | None) -> set[str | None]:
    """The fields by which a row is kept, which no update changes."""
    syntax = symbol.syntax
    words = (*syntax.partition, *(key.field for key in syntax.cluster))
    return {identity, *(word.text for word in words)}


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
                f"`{assignment.target}` is computed from a row that may not exist yet",
                f"add defaults to the fields of the row: {missing} have none",
            )


def _check_changes(check: Check, syntax: ReactionSyntax, event: EventSymbol, row: Fields) -> None:
    """An update sets a field, or the event has one of the row's fields beside its id."""
    copied = [field for field in event.own if field.name in row]
    if not syntax.sets and not copied and not row.partial and not event.own.partial:
        message = f"`{event.name}` does not change the row"
        check.error(syntax.event.at, message, "set a field, or remove the event")


def _check_begins(check: Check, symbol: ProjectionSymbol) -> None:
    """Some event puts rows in."""
    modes = [reaction.mode for reaction in symbol.syntax.reactions]
    if modes and None not in modes and not {"insert", "upsert"} & set(modes):
        check.error(
            symbol.syntax.name.at,
            f"no event inserts a row into `{symbol.syntax.name}`",
            "add a reaction with `insert` or `upsert`",
        )
