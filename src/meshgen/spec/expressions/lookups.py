"""Replica rows that an expression reads unconditionally."""

from __future__ import annotations

import ast
from collections.abc import Iterator

from meshgen.spec.expressions.model import Expression, Lookup


def certain_lookups(expression: Expression) -> Iterator[Lookup]:
    """Yield the unconditional lookups of `expression`, in order of evaluation.

    Rows that only one branch needs, that depend on a comprehension's variable, or whose id is
    only there because of an earlier condition, are not among them.
    """
    return _certain(expression, expression.tree)


def _certain(expression: Expression, node: ast.AST) -> Iterator[Lookup]:
    for part in _evaluated(node):
        yield from _certain(expression, part)
    lookup = expression.refs.get(node)
    if isinstance(lookup, Lookup) and expression.narrowed.isdisjoint(ast.walk(lookup.key)):
        yield lookup


def _evaluated(node: ast.AST) -> list[ast.AST]:
    """Return the parts of `node` that are evaluated unconditionally."""
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
