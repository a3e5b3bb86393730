"""Arithmetic, comparisons and boolean logic."""

from __future__ import annotations

import ast
from typing import TYPE_CHECKING

from meshgen.spec.expressions import narrowing
from meshgen.spec.expressions.model import ExpressionError, Nothing, Typed, View
from meshgen.spec.expressions.relations import (
    NUMBERS,
    ORDERED,
    bare,
    described,
    item_of,
    join,
    wish,
)
from meshgen.spec.types import BOOL, INT, STRING, ListType, MapType, OptionalType

if TYPE_CHECKING:
    from meshgen.spec.expressions.checker import Checker

SYMBOLS: dict[type[ast.operator], str] = {
    ast.Add: "+",
    ast.Sub: "-",
    ast.Mult: "*",
    ast.Div: "/",
    ast.FloorDiv: "//",
    ast.Mod: "%",
}


def arithmetic(checker: Checker, node: ast.BinOp, want: Typed | None) -> Typed:
    """`a + b` and its like, for numbers; `+` also joins strings."""
    symbol = SYMBOLS.get(type(node.op))
    if symbol is None:
        text = "this operator is not allowed here"
        hint = "write a multiplication instead" if isinstance(node.op, ast.Pow) else None
        raise _between(checker, node.left, node.right, text, hint)
    left, right = _pair(checker, node.left, node.right, bare(want))
    for side, found in ((node.left, left), (node.right, right)):
        if isinstance(found, OptionalType | Nothing):
            checker.value(side)
    if left == right == STRING and symbol == "+":
        return STRING
    if isinstance(left, ListType) and isinstance(right, ListType) and symbol == "+":
        hint = f"write `[*{checker.text(node.left)}, *{checker.text(node.right)}]`"
        raise _between(checker, node.left, node.right, "lists cannot be added", hint)
    for side, found in ((node.left, left), (node.right, right)):
        if found not in NUMBERS:
            text = f"`{checker.text(side)}` is {described(found)}, `{symbol}` takes numbers"
            raise checker.error(side, text)
    result = join(left, right)
    if result is None:
        hint = "declare both as decimal: money is never a float"
        text = "a decimal and a float do not mix"
        raise _between(checker, node.left, node.right, text, hint)
    if symbol == "/" and result == INT:
        hint = "write `//` for whole numbers, or make one of them a decimal"
        text = "`/` of two ints is not exact"
        raise _between(checker, node.left, node.right, text, hint)
    return result


def unary(checker: Checker, node: ast.UnaryOp, want: Typed | None) -> Typed:
    """`-a`, `not a`."""
    if isinstance(node.op, ast.Not):
        checker.require(node.operand, BOOL)
        return BOOL
    if not isinstance(node.op, ast.USub):
        raise checker.error(node, f"`{checker.text(node)[:1]}` is not allowed here")
    if isinstance(node.operand, ast.UnaryOp):
        raise checker.error(node.operand, "remove one `-`")
    found = checker.infer(node.operand, bare(want))
    if found not in NUMBERS:
        checker.value(node.operand)
        text = f"`{checker.text(node.operand)}` is {described(found)}, `-` takes a number"
        raise checker.error(node.operand, text)
    return found


def boolean(checker: Checker, node: ast.BoolOp, want: Typed | None) -> Typed:
    """`a and b`, `a or b`; the first operand narrows the second."""
    holds = isinstance(node.op, ast.And)
    known: frozenset[str] = frozenset()
    for value in node.values:
        if isinstance(value, ast.Constant) and isinstance(value.value, bool):
            raise checker.error(value, f"{value.value} has no effect here", "leave it out")
        with checker.narrowing(known):
            checker.require(value, BOOL)
        known |= narrowing.present(value, holds=holds)
    return BOOL


def conditional(checker: Checker, node: ast.IfExp, want: Typed | None) -> Typed:
    """`a if condition else b`."""
    checker.require(node.test, BOOL)
    branches = [node.body, node.orelse]
    if all(isinstance(b, ast.Constant) and isinstance(b.value, bool) for b in branches):
        text = checker.text(node.test)
        raise checker.error(node, "the condition already says that", f"write `{text}` or `not ...`")
    if checker.leaves_open(node.body) and not checker.leaves_open(node.orelse):
        branches.reverse()
    found: list[Typed] = []
    for branch in branches:
        with checker.narrowing(narrowing.present(node.test, holds=branch is node.body)):
            found.append(checker.infer(branch, wish(want, found[0]) if found else want))
    common = join(found[0], found[1])
    if common is None:
        text = f"{described(found[1])} is not compatible with {described(found[0])}"
        raise checker.error(branches[1], text)
    for branch, kind in zip(branches, found, strict=True):
        checker.coerce(branch, kind, common)
    return common


def comparison(checker: Checker, node: ast.Compare, want: Typed | None) -> Typed:
    """`a < b <= c`, `a == b`, `a in b`, `a is None`."""
    operands = [node.left, *node.comparators]
    for op, left, right in zip(node.ops, operands, operands[1:], strict=False):
        match op:
            case ast.In() | ast.NotIn():
                _membership(checker, left, right)
            case ast.Is() | ast.IsNot():
                if not (isinstance(right, ast.Constant) and right.value is None):
                    text = "`is` is only for None"
                    raise _between(checker, left, right, text, "write `==` or `!=`")
                _absence(checker, left)
                checker.infer(right)
            case ast.Eq() | ast.NotEq():
                _equality(checker, left, right)
            case _:
                _order(checker, left, right)
    return BOOL


def _pair(
    checker: Checker, left: ast.expr, right: ast.expr, want: Typed | None = None
) -> tuple[Typed, Typed]:
    """Return the types of two operands; the less specific one is inferred second."""
    if checker.leaves_open(left) and not checker.leaves_open(right):
        second, first = _pair(checker, right, left, want)
        return first, second
    one = checker.infer(left, want)
    return one, checker.infer(right, wish(want, one))


def _equality(checker: Checker, left: ast.expr, right: ast.expr) -> None:
    for one, other in ((left, right), (right, left)):
        if isinstance(one, ast.Constant):
            if one.value is None:
                _absence(checker, other)
                checker.infer(one)
                return
            if isinstance(one.value, bool):
                checker.require(other, BOOL)
                text = checker.text(other)
                hint = f"write `{text}` or `not {text}`"
                raise checker.error(one, f"comparing with {one.value} is redundant", hint)
    kinds = _pair(checker, left, right)
    common = join(bare(kinds[0]) or kinds[0], bare(kinds[1]) or kinds[1])
    if common is None or isinstance(common, View):
        text = f"{described(kinds[0])} is never equal to {described(kinds[1])}"
        raise _between(checker, left, right, text)


def _absence(checker: Checker, node: ast.expr) -> None:
    if not isinstance(checker.infer(node), OptionalType) and node not in checker.narrowed:
        text = checker.text(node)
        raise checker.error(node, f"`{text}` is never missing", "only a `T?` can be None")


def _order(checker: Checker, left: ast.expr, right: ast.expr) -> None:
    kinds = _pair(checker, left, right)
    for side, kind in zip((left, right), kinds, strict=True):
        if isinstance(kind, OptionalType | Nothing):
            checker.value(side)
        if kind not in ORDERED:
            text = f"`{checker.text(side)}` is {described(kind)}, which has no order"
            raise checker.error(side, text)
    if join(*kinds) is None:
        text = f"{described(kinds[0])} cannot be compared with {described(kinds[1])}"
        raise _between(checker, left, right, text)


def _membership(checker: Checker, left: ast.expr, right: ast.expr) -> None:
    if isinstance(right, ast.List) and not checker.leaves_open(left):
        item = checker.infer(left)
        container = checker.infer(right, None if isinstance(item, View | Nothing) else _list(item))
    else:
        container = checker.value(right) if not _goes_through(right) else checker.infer(right)
        wanted = STRING if container == STRING else item_of(container)
        item = checker.infer(left, wanted)
    if container == STRING and item == STRING:
        return
    inside = item_of(container)
    if inside is None:
        text = f"`{checker.text(right)}` is {described(container)}, nothing is `in` it"
        raise checker.error(right, text)
    if isinstance(container, View) and container.pair is not None:
        raise checker.error(right, "test for the key", "leave `.items()` out")
    if join(bare(item) or item, bare(inside) or inside) is None:
        where = "the keys of the map are" if isinstance(container, MapType) else "the items are"
        text = f"`{checker.text(left)}` is {described(item)}, {where} {inside}"
        raise checker.error(left, text)


def _list(item: Typed) -> ListType | None:
    inner = bare(item)
    return None if inner is None or isinstance(inner, View | Nothing) else ListType(inner)


def _goes_through(node: ast.expr) -> bool:
    return isinstance(node, ast.Call | ast.GeneratorExp)


def _between(
    checker: Checker, left: ast.expr, right: ast.expr, text: str, hint: str | None = None
) -> ExpressionError:
    """Return the error that points at the operator between two parts."""
    between = checker.source[left.end_col_offset : right.col_offset]
    skipped = len(between) - len(between.lstrip(" )"))
    return ExpressionError(text, int(left.end_col_offset or 0) + skipped, hint)
