"""Queries and projections."""

from __future__ import annotations

from meshgen.spec import grammar
from meshgen.spec.grammar import kinds
from meshgen.spec.grammar.names import CLASS, UNIT
from meshgen.spec.grammar.reads import PAGE, VIEW_STORES
from meshgen.spec.grammar.shapes import Construct
from meshgen.spec.parser.access import read_query_roles
from meshgen.spec.parser.fields import read_fields
from meshgen.spec.parser.objectives import read_objectives
from meshgen.spec.parser.reading import Reading
from meshgen.spec.parser.routes import read_deprecated, read_path
from meshgen.spec.syntax import ProjectionSyntax, QuerySyntax, ReactionSyntax, SortSyntax, Word
from meshgen.spec.yaml.tree import Broken, Mapping, Node, Scalar, Sequence, shape
from meshgen.unicode import printable


def read_queries(
    reading: Reading, node: Node | None, *, of_aggregate: bool
) -> tuple[QuerySyntax, ...]:
    """The key `queries` of a service or a projection."""
    construct = grammar.QUERY if of_aggregate else grammar.ROW_QUERY
    return tuple(
        _query(reading, name, body, construct)
        for name, body in reading.named(node, "queries", kinds.QUERY)
    )


def _query(reading: Reading, name: Word, node: Node, construct: Construct) -> QuerySyntax:
    if isinstance(node, Mapping) and "of" not in construct.names:
        for entry in node.entries:
            if entry.key.text == "of":
                reading.error(
                    entry.key.at,
                    "a query of a projection has no `of`",
                    "leave it out: it reads the rows of the projection",
                )
        node = Mapping(tuple(e for e in node.entries if e.key.text != "of"), node.at)
    values = reading.keyed(node, construct, name.at)
    roles, public = read_query_roles(reading, values.get("roles"))
    return QuerySyntax(
        name=name,
        of=reading.word(values.get("of"), "a query's `of`"),
        by=reading.words(values.get("by"), "a field of `by`"),
        filter=reading.words(values.get("filter"), "a field of `filter`"),
        sort=_sort(reading, values.get("sort"), "`sort`"),
        page=_page(reading, values.get("page")),
        owner=reading.word(values.get("owner"), "a query's `owner`"),
        roles=roles,
        path=read_path(reading, values.get("path")),
        deprecated=read_deprecated(reading, values.get("deprecated")),
        public=public,
        live=reading.flag(values.get("live"), "`live`") or False,
        renamed_from=reading.former(values.get("renamed_from"), CLASS),
    )


def _page(reading: Reading, node: Node | None) -> int | None:
    page = reading.integer(node, "`page`", PAGE)
    if node is not None and page is None:
        reading.lose("page")
    return page


def _sort(reading: Reading, node: Node | None, what: str) -> tuple[SortSyntax, ...]:
    """`[name, placed_at desc]`."""
    nodes = node.items if isinstance(node, Sequence) else () if node is None else (node,)
    found: list[SortSyntax] = []
    for item in nodes:
        parts = item.text.split() if isinstance(item, Scalar) else []
        if (
            not isinstance(item, Scalar)
            or not 1 <= len(parts) <= 2
            or parts[1:] not in ([], ["asc"], ["desc"])
        ):
            if not isinstance(item, Broken):
                reading.error(
                    item.at,
                    f"an entry of {what} cannot be {shape(item)}",
                    "write a field, or a field and `desc`: `[placed_at desc, name]`",
                )
            continue
        key = SortSyntax(Word(parts[0], item.at), parts[1:] == ["desc"])
        if any(other.field.text == key.field.text for other in found):
            reading.error(item.at, f"`{key.field}` is a duplicate")
        else:
            found.append(key)
    return tuple(found)


def read_projections(reading: Reading, node: Node | None) -> tuple[ProjectionSyntax, ...]:
    """The section `projections`."""
    return tuple(
        _projection(reading, name, body)
        for name, body in reading.named(node, "projections", kinds.PROJECTION)
    )


def _projection(reading: Reading, name: Word, node: Node) -> ProjectionSyntax:
    values = reading.keyed(node, grammar.PROJECTION, name.at)
    key = reading.keyed(values["key"], grammar.ROW_KEY) if "key" in values else {}
    if isinstance(partition := key.get("partition"), Sequence) and not partition.items:
        reading.error(partition.at, "`partition` is empty", "list the fields to look rows up by")
    reactions = (
        reading.entries(values["on"], "`on`", "`{service.Event: {insert: {...}}}`")
        if "on" in values
        else ()
    )
    if isinstance(on := values.get("on"), Mapping) and not on.entries:
        reading.error(
            on.at,
            "`on` is empty",
            "add events such as `service.Event: {insert: {...}}`",
        )
    return ProjectionSyntax(
        name=name,
        id=reading.word(values.get("id"), "the id of a row"),
        summary=reading.summary(values.get("summary")),
        engine=reading.choice(values.get("store"), "a store", VIEW_STORES.words),
        partition=reading.words(key.get("partition"), "a field of `partition`"),
        cluster=_sort(reading, key.get("cluster"), "`cluster`"),
        row=read_fields(reading, values.get("row"), "`row`"),
        reactions=tuple(_reaction(reading, Word(e.key.text, e.key.at), e.value) for e in reactions),
        queries=read_queries(reading, values.get("queries"), of_aggregate=False),
        slo=read_objectives(reading, values.get("slo")),
        renamed_from=reading.former(values.get("renamed_from"), UNIT),
    )


def _reaction(reading: Reading, event: Word, node: Node) -> ReactionSyntax:
    modes = "`{insert: {...}}`, `{upsert: {...}}`, `{update: {...}}` or `{delete: {}}`"
    entries = reading.entries(node, f"the reaction on `{printable(event.text)}`", modes)
    if isinstance(node, Mapping) and len(entries) != 1:
        reading.error(
            event.at,
            f"the reaction on `{printable(event.text)}` must have exactly one key",
            f"use {modes}",
        )
    if len(entries) != 1:
        return ReactionSyntax(event=event, mode=None, sets=())
    entry = entries[0]
    mode = reading.choice(entry.key, "a reaction", grammar.REACTION.names)
    if isinstance(entry.value, Scalar) and entry.value.text == "":
        entry_value: Node = Mapping((), entry.value.at)
    else:
        entry_value = entry.value
    sets = reading.assignments(entry_value, f"`{printable(entry.key.text)}`")
    if mode and mode.text == "delete" and sets:
        reading.error(
            sets[0].target.at, "a deleted row has no fields to set", "write `{delete: {}}`"
        )
    return ReactionSyntax(event=event, mode=mode.text if mode else None, sets=sets)
