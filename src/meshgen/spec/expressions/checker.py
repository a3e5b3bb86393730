"""Infer the type of every part of an expression, or report an error.

Types flow up (`infer`) and expected types flow down: `want` is the preferred type of a part. It
resolves what the part alone leaves open: the enum of a member, whether 19.90 is a decimal, the
items of `[]`. `require` enforces a type.
"""

from __future__ import annotations

import ast
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager

from meshgen.spec.expressions import calls, collecting, names, operators
from meshgen.spec.expressions.functions import FUNCTIONS, METHODS, Function, Method, methods_of
from meshgen.spec.expressions.model import (
    NOTHING,
    ExpressionError,
    Nothing,
    Ref,
    Scope,
    Typed,
    Variable,
    View,
)
from meshgen.spec.expressions.narrowing import path
from meshgen.spec.expressions.relations import described, fits, join, widens, wish
from meshgen.spec.types import BOOL, DECIMAL, FLOAT, INT, STRING, OptionalType, Type

MAX_STEPS = 4000

_INFER: dict[type[ast.AST], Callable[..., Typed]] = {
    ast.Name: names.name,
    ast.Attribute: names.attribute,
    ast.Subscript: collecting.subscript,
    ast.BinOp: operators.arithmetic,
    ast.UnaryOp: operators.unary,
    ast.BoolOp: operators.boolean,
    ast.Compare: operators.comparison,
    ast.IfExp: operators.conditional,
    ast.List: collecting.list_display,
    ast.Dict: collecting.dict_display,
    ast.ListComp: collecting.list_comprehension,
    ast.DictComp: collecting.dict_comprehension,
    ast.GeneratorExp: collecting.generator,
    ast.Call: calls.call,
}


class Checker:
    """Checks one expression; the results are `types`, `refs`, `conversions` and `narrowed`."""

    functions: Mapping[str, Function] = FUNCTIONS
    method_names = frozenset(method.name for method in METHODS)

    def __init__(self, source: str, scope: Scope) -> None:
        self.source = source
        self.scope = scope
        self.types: dict[ast.AST, Typed] = {}
        self.refs: dict[ast.AST, Ref] = {}
        self.conversions: dict[ast.AST, Type] = {}
        self.items: dict[str, Variable] = {}
        self.narrowed: set[ast.AST] = set()
        self._present = scope.present
        self._steps = 0

    def infer(self, node: ast.expr, want: Typed | None = None) -> Typed:
        """Return the type of `node`; nodes may be visited again with more context."""
        self._steps += 1
        if self._steps > MAX_STEPS:
            raise self.error(node, "this expression is too complicated")
        self.conversions.pop(node, None)
        self.refs.pop(node, None)
        if isinstance(node, ast.Constant):
            found: Typed = constant(node, want)
        else:
            found = _INFER[type(node)](self, node, want)
        if isinstance(found, OptionalType) and path(node) in self._present:
            found = found.item
            self.narrowed.add(node)
        self.types[node] = found
        return found

    def require(self, node: ast.expr, expected: Type) -> None:
        """Require `node` to have the type `expected`."""
        self.coerce(node, self.infer(node, expected), expected)

    def coerce(self, node: ast.expr, actual: Typed, expected: Typed) -> None:
        """Require that `node` of type `actual` converts to `expected`; note the conversion."""
        if not fits(actual, expected):
            raise self._mismatch(node, actual, expected)
        target = expected.item if isinstance(expected, OptionalType) else expected
        if not widens(actual, target):
            return
        if isinstance(node, ast.IfExp):
            for branch in (node.body, node.orelse):
                self.coerce(branch, self.types[branch], target)
            self.types[node] = target
        elif not isinstance(target, View | Nothing):
            self.conversions[node] = target

    def value(self, node: ast.expr, want: Typed | None = None) -> Type:
        """Return the type of `node`, which must not be optional."""
        found = self.infer(node, want)
        if isinstance(found, OptionalType | Nothing):
            raise self._missing(node)
        if isinstance(found, View):
            raise self.error(node, *_VIEW)
        return found

    def unify(self, nodes: Sequence[ast.expr], want: Typed | None) -> Typed:
        """Return the one type that all `nodes` have."""
        ordered = sorted(nodes, key=self.leaves_open)
        common = self.infer(ordered[0], want)
        for node in ordered[1:]:
            found = self.infer(node, wish(want, common))
            joined = join(common, found)
            if joined is None:
                raise self.error(
                    node, f"{described(found)} is not compatible with {described(common)}"
                )
            common = joined
        for node in nodes:
            self.coerce(node, self.types[node], common)
        return common

    def leaves_open(self, node: ast.expr) -> bool:
        """Tell whether the type of `node` depends on its neighbours."""
        match node:
            case ast.Constant(value=value):
                return value is None or (
                    isinstance(value, int | float) and not isinstance(value, bool)
                )
            case ast.Name(id=id):
                return not (id in self.items or id in self.scope.variables)
            case ast.UnaryOp(operand=operand):
                return self.leaves_open(operand)
            case ast.BinOp(left=left, right=right):
                return self.leaves_open(left) and self.leaves_open(right)
            case ast.IfExp(body=body, orelse=orelse):
                return self.leaves_open(body) and self.leaves_open(orelse)
            case ast.List(elts=elements):
                return all(self.leaves_open(element) for element in elements)
            case ast.Dict(values=values):
                return all(self.leaves_open(value) for value in values)
            case _:
                return False

    @contextmanager
    def narrowing(self, present: frozenset[str]) -> Iterator[None]:
        """Narrow the values at these paths to not None."""
        before = self._present
        self._present = before | present
        try:
            yield
        finally:
            self._present = before

    @contextmanager
    def binding(self) -> Iterator[None]:
        """Bind the variables of a comprehension until its end."""
        before, present = dict(self.items), self._present
        try:
            yield
        finally:
            self.items, self._present = before, present

    def narrow(self, present: frozenset[str]) -> None:
        """Narrow the values at these paths to not None until the end of `binding`."""
        self._present |= present

    def methods(self, owner: Typed) -> Mapping[str, Method]:
        """Return the methods of a type, by name."""
        return methods_of(owner)

    def text(self, node: ast.AST) -> str:
        """Return the source of `node`."""
        start, end = getattr(node, "col_offset", 0), getattr(node, "end_col_offset", None)
        return self.source[start:end]

    def error(self, node: ast.AST, message: str, hint: str | None = None) -> ExpressionError:
        """Return the error that points at `node`."""
        return ExpressionError(message, int(getattr(node, "col_offset", 0)), hint)

    def _missing(self, node: ast.expr) -> ExpressionError:
        text = self.text(node)
        if path(node) is None:
            return self.error(node, f"`{text}` may be missing")
        hint = f"check first: `{text} is not None and ...`, `... if {text} is not None else ...`"
        return self.error(node, f"`{text}` may be missing", hint)

    def _mismatch(self, node: ast.expr, actual: Typed, expected: Typed) -> ExpressionError:
        if isinstance(actual, View):
            return self.error(node, *_VIEW)
        if isinstance(actual, OptionalType) and fits(actual.item, expected):
            return self._missing(node)
        hint = None
        if actual == NOTHING:
            return self.error(node, f"{described(expected)} is required here")
        if (actual, expected) == (FLOAT, DECIMAL) or (actual, expected) == (DECIMAL, FLOAT):
            hint = "declare both as decimal: money is never a float"
        elif expected == INT and actual in (DECIMAL, FLOAT):
            hint = f"write `round({self.text(node)})`"
        elif expected == BOOL:
            hint = _condition(self.text(node), actual)
        message = f"`{self.text(node)}` is {described(actual)}, {described(expected)} is expected"
        return self.error(node, message, hint)


_VIEW = ("this is a view, not a value", "write `[value for value in ...]`, or `sorted(...)`")


def _condition(text: str, actual: Typed) -> str | None:
    if isinstance(actual, OptionalType):
        return f"write `{text} is not None`"
    if actual in (INT, DECIMAL, FLOAT):
        return f"write `{text} > 0`"
    if actual == STRING:
        return f'write `{text} != ""`'
    return f"write `len({text}) > 0`" if str(actual).startswith(("list", "map")) else None


def constant(node: ast.Constant, want: Typed | None) -> Typed:
    """Return the type of a literal."""
    value = node.value
    wanted = want.item if isinstance(want, OptionalType) else want
    if value is None:
        return want if isinstance(want, OptionalType) else NOTHING
    if isinstance(value, bool):
        return BOOL
    if isinstance(value, int):
        return INT
    if isinstance(value, float):
        return DECIMAL if wanted == DECIMAL else FLOAT
    return STRING
