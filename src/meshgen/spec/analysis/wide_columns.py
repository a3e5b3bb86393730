"""Cassandra: it finds rows by their whole partition, in the order of the cluster; that is all."""

from __future__ import annotations

from dataclasses import dataclass

from meshgen.spec.analysis.context import Check
from meshgen.spec.model import Query
from meshgen.spec.syntax import QuerySyntax


@dataclass(frozen=True, slots=True, kw_only=True)
class WideRows:
    """How rows lie in Cassandra.

    Attributes:
        id: The field that finds a single row, if there is one.
        partition: The fields that a query gives; None if there are findings about them.
        order: The fields that rows of a partition are sorted by.
        sorted_by: What the finding about another order calls these fields.
    """

    id: str | None
    partition: tuple[str, ...] | None
    order: tuple[str, ...]
    sorted_by: str


def check_wide_rows(
    check: Check, rows: WideRows, queries: tuple[Query, ...], syntaxes: tuple[QuerySyntax, ...]
) -> None:
    """Refuse queries that Cassandra would answer by reading all rows."""
    for query, syntax in zip(queries, syntaxes, strict=True):
        if query.by == (rows.id,) and query.page is None:
            continue
        if rows.partition is not None and sorted(query.by) != sorted(rows.partition):
            wanted = ", ".join(rows.partition)
            check.error(
                syntax.name.at,
                f"on Cassandra `{query.name}` must use the whole partition key",
                f"write `by: [{wanted}]`, or use another store",
            )
        elif tuple(sort.field for sort in query.sort) != rows.order[: len(query.sort)]:
            check.error(
                syntax.sort[0].field.at,
                f"on Cassandra rows are sorted by `{rows.sorted_by}`",
                "leave `sort` out, or choose another store",
            )
        if query.filter:
            check.error(
                syntax.filter[0].at,
                "on Cassandra rows cannot be filtered",
                "choose another store, or make it part of the key",
            )
