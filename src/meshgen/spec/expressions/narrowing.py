"""Narrowing of optional values by conditions."""

from __future__ import annotations

import ast


def path(node: ast.expr) -> str | None:
    """Return a plain or dotted name as text, None for anything else."""
    match node:
        case ast.Name(id=id):
            return id
        case ast.Attribute(value=value, attr=attr):
            inner = path(value)
            return inner and f"{inner}.{attr}"
        case _:
            return None


def present(condition: ast.expr, *, holds: bool) -> frozenset[str]:
    """Return the paths that are not None when `condition` holds, or when it does not."""
    match condition:
        case ast.UnaryOp(op=ast.Not(), operand=operand):
            return present(operand, holds=not holds)
        case ast.BoolOp(op=op, values=values) if isinstance(op, ast.And) == holds:
            return frozenset().union(*(present(value, holds=holds) for value in values))
        case ast.Compare(left=left, ops=[op], comparators=[ast.Constant(value=None)]):
            asks = ast.IsNot | ast.NotEq if holds else ast.Is | ast.Eq
            found = path(left)
            return frozenset({found}) if found and isinstance(op, asks) else frozenset()
        case _:
            return frozenset()
