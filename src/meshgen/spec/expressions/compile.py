"""From source text, or a plain value, to a checked `Expression`."""

from __future__ import annotations

import ast
from datetime import date, datetime
from decimal import Decimal
from typing import Any, TypeAlias
from uuid import UUID

from meshgen.spec import types
from meshgen.spec.expressions.checker import Checker
from meshgen.spec.expressions.decimals import decimal, exact
from meshgen.spec.expressions.model import Expression, ExpressionError, Member, Ref, Scope
from meshgen.spec.expressions.relations import described
from meshgen.spec.expressions.syntax import closest, parse
from meshgen.spec.expressions.values import moment
from meshgen.spec.grammar.limits import MAX_NUMBER
from meshgen.spec.types import EnumType, OptionalType, Type

Plain: TypeAlias = bool | int | float | Decimal | str | None


def compile_expression(source: str, scope: Scope, expected: Type | None = None) -> Expression:
    """Parse and check an expression.

    Args:
        source: Its text.
        scope: The names it may use.
        expected: The type it must have, if any.

    Raises:
        ExpressionError: It is invalid.
    """
    tree = parse(source)
    checker = Checker(source, scope)
    if expected is None:
        found = checker.infer(tree)
        kind = expected = checker.value(tree) if not isinstance(found, OptionalType) else found
    else:
        checker.require(tree, expected)
        kind = expected
    exact(checker, tree)
    return Expression(
        source=source,
        type=kind,
        tree=tree,
        types=checker.types,
        refs=checker.refs,
        conversions=checker.conversions,
        narrowed=frozenset(checker.narrowed),
    )


def literal(value: Plain, expected: Type) -> Expression:
    """Return the expression for a plain YAML value.

    Members of enums, uuids, dates and datetimes are given as `str`.

    Raises:
        ExpressionError: The value does not have the type.

    """
    refs: dict[ast.AST, Ref] = {}
    node: ast.expr
    kind = expected.item if isinstance(expected, OptionalType) else expected
    if value is None and isinstance(expected, OptionalType):
        node = ast.Constant(None)
    elif isinstance(kind, EnumType) and isinstance(value, str):
        node = ast.Name(_member(value, kind), ast.Load())
        refs[node] = Member(kind, value)
    else:
        node = ast.Constant(_converted(value, kind))
    return Expression(
        source=value if isinstance(value, str) and kind != types.STRING else repr(value),
        type=expected,
        tree=node,
        types={node: kind if value is not None else expected},
        refs=refs,
        conversions={},
    )


def _member(value: str, kind: EnumType) -> str:
    if value not in kind.members:
        hint = closest(value, kind.members) or f"use one of {', '.join(kind.members)}"
        raise ExpressionError(f"`{value}` is not a member of {kind}", 0, hint)
    return value


def _converted(value: Plain, kind: Type) -> Any:
    """Return `value` as a Python value of type `kind`."""
    if isinstance(value, bool):
        if kind == types.BOOL:
            return value
    elif isinstance(value, str):
        if kind == types.STRING:
            return value
        if kind in (types.UUID, types.DATE, types.DATETIME):
            return _parsed(value, kind)
    elif value is not None and (kind in (types.FLOAT, types.DECIMAL) or _whole(value, kind)):
        return _number(value, kind)
    text = "nothing" if value is None else f"`{value}`"
    raise ExpressionError(f"{text} is not {described(kind)}", 0)


def _whole(value: int | float | Decimal, kind: Type) -> bool:
    return kind == types.INT and isinstance(value, int)


def _number(value: int | float | Decimal, kind: Type) -> int | float | Decimal:
    if not -MAX_NUMBER <= value <= MAX_NUMBER:  # also refuses nan
        raise ExpressionError(f"a number is at most {MAX_NUMBER}", 0)
    if kind == types.DECIMAL:
        return decimal(value)
    return float(value) if kind == types.FLOAT else value


def _parsed(value: str, kind: Type) -> UUID | date | datetime:
    try:
        if kind == types.UUID:
            return UUID(value)
        if kind == types.DATE:
            return date.fromisoformat(value)
        return moment(value)
    except ValueError:
        raise ExpressionError(f"`{value}` is not {described(kind)}", 0) from None
