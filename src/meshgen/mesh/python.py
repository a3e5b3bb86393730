"""Expressions and values as Python source."""

from __future__ import annotations

import ast
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from meshgen.mesh import quoting
from meshgen.mesh.printer import Printer
from meshgen.spec.expressions import Expression, Lookup
from meshgen.spec.expressions.values import Value


@dataclass(frozen=True, slots=True)
class Emitted:
    """Python source, and the names it needs imported or at hand (`Decimal`, `context`...)."""

    code: str
    uses: frozenset[str]


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
    classes: Mapping[str, str] | None = None,
) -> Emitted:
    """Return `expression` as Python.

    prefixes: by kind of variable what its name is an attribute of ("state" -> "order"); names of
        other kinds stand by themselves
    rows: the variables of rows that were read before, by replica and key (see `replica_reads`)
    classes: the class of a replica's rows, for rows that were not read before
    """
    printer = Printer(expression, prefixes, rows or {}, classes or {})
    code = printer.text(expression.tree)
    return Emitted(code, frozenset(printer.uses))


def emit_value(value: Value, named: Mapping[object, str] | None = None) -> Emitted:
    """Return a value as Python; `named` gives the ids and moments that have names in the code."""
    return Emitted(quoting.literal(value, named), frozenset(quoting.needs(value)))


def replica_reads(expression: Expression, prefixes: Mapping[str, str]) -> tuple[ReplicaRead, ...]:
    """Return the rows that are read whatever the values are, in the order they are read.

    Rows that only one branch needs, or that depend on a comprehension's variable, are not among
    them: `emit` reads those where they are needed.
    """
    reads: dict[ReplicaRead, None] = {}
    for lookup in _certain(expression, expression.tree):
        key = Printer(expression, prefixes, {}, {}).text(lookup.key)
        reads[ReplicaRead(lookup.replica.name, key)] = None
    return tuple(reads)


def _certain(expression: Expression, node: ast.AST) -> Iterator[Lookup]:
    """Yield the lookups that are made whenever `node` is evaluated."""
    for part in _evaluated(node):
        yield from _certain(expression, part)
    lookup = expression.refs.get(node)
    if isinstance(lookup, Lookup):
        yield lookup


def _evaluated(node: ast.AST) -> list[ast.AST]:
    """Return the parts of `node` that are evaluated whenever it is."""
    match node:
        case ast.IfExp(test=test):
            return [test]
        case ast.BoolOp(values=values):
            return [values[0]]
        case ast.Compare(left=left, comparators=comparators):
            return [left, comparators[0]]
        case ast.ListComp() | ast.GeneratorExp() | ast.DictComp():
            return [node.generators[0].iter]
        case _:
            return list(ast.iter_child_nodes(node))
