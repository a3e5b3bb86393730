"""Expressions as Python source."""

from __future__ import annotations

import ast
from collections.abc import Mapping
from dataclasses import dataclass, replace

from meshgen.spec.expressions import Expression
from meshgen.spec.expressions.lookups import certain_lookups
from meshgen.system.pysource.printer import Printer


@dataclass(frozen=True, slots=True)
class ReplicaRead:
    """A row that an expression reads in any case; `key` as Python source."""

    replica: str
    key: str


def emit(
    expression: Expression,
    prefixes: Mapping[str, str],
    *,
    rows: Mapping[tuple[str, str], str] | None = None,
) -> str:
    """Return `expression` as Python source.

    prefixes: by kind of variable what its name is an attribute of ("state" -> "order"); names of
        other kinds stand by themselves; "now" and "new_id" are the calls where there is no context
    rows: the variables of rows that were read before, by class and key (see `replica_reads`)
    """
    return Printer(expression, prefixes, rows or {}).text(expression.tree)


def opposite(condition: Expression) -> Expression:
    """Return the condition that holds when `condition` does not: `a is None or b is None`."""
    tree = condition.tree
    if (
        isinstance(tree, ast.BoolOp)
        and isinstance(tree.op, ast.And)
        and all(map(_has_an_opposite, tree.values))
    ):
        parts: list[ast.expr] = [ast.UnaryOp(ast.Not(), value) for value in tree.values]
        return replace(condition, tree=ast.BoolOp(ast.Or(), parts))
    return replace(condition, tree=ast.UnaryOp(ast.Not(), tree))


def _has_an_opposite(node: ast.expr) -> bool:
    kinds = (ast.Is, ast.IsNot, ast.Eq, ast.NotEq, ast.In, ast.NotIn)
    return isinstance(node, ast.Compare) and len(node.ops) == 1 and isinstance(node.ops[0], kinds)


def replica_reads(expression: Expression, prefixes: Mapping[str, str]) -> tuple[ReplicaRead, ...]:
    """Return the rows that are read whatever the values are, in the order they are read.

    Rows that only one branch needs, or that depend on a comprehension's variable, are not among
    them: `emit` reads those where they are needed.
    """
    reads: dict[ReplicaRead, None] = {}
    for lookup in certain_lookups(expression):
        key = Printer(expression, prefixes, {}).text(lookup.key)
        reads[ReplicaRead(lookup.replica.name, key)] = None
    return tuple(reads)
