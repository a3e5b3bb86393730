"""An interpreter of checked expressions, for the search of examples. It does not call eval.

Its results equal those of the emitted Python; a test compares the two. It ends after a limited
number of steps, whatever the expression.
"""

from __future__ import annotations

import ast
import operator
from collections.abc import Callable, Iterable, Iterator
from datetime import datetime
from decimal import Decimal
from typing import Any
from uuid import UUID

from meshgen.spec.expressions.budget import MAX_BITS, MAX_PARTS, MAX_STEPS, Budget, weigh
from meshgen.spec.expressions.defaults import initial
from meshgen.spec.expressions.functions import FUNCTIONS
from meshgen.spec.expressions.model import Access, Construction, Expression, Lookup, Member
from meshgen.spec.expressions.values import (
    Bindings,
    EnumValue,
    EvaluationError,
    Impure,
    Record,
    RowMissingError,
    Value,
)
from meshgen.spec.types import DECIMAL, FLOAT, Type

_ARITHMETIC: dict[type[ast.AST], Callable[[Any, Any], Any]] = {
    ast.Add: operator.add,
    ast.Sub: operator.sub,
    ast.Mult: operator.mul,
    ast.Div: operator.truediv,
    ast.FloorDiv: operator.floordiv,
    ast.Mod: operator.mod,
}
_COMPARE: dict[type[ast.AST], Callable[[Any, Any], bool]] = {
    ast.Eq: operator.eq,
    ast.NotEq: operator.ne,
    ast.Is: operator.eq,
    ast.IsNot: operator.ne,
    ast.Lt: operator.lt,
    ast.LtE: operator.le,
    ast.Gt: operator.gt,
    ast.GtE: operator.ge,
    ast.In: lambda one, many: one in many,
    ast.NotIn: lambda one, many: one not in many,
}
_SIZED = (str, list, dict)


def evaluate(
    expression: Expression,
    bindings: Bindings,
    *,
    now: datetime,
    new_id: Callable[[], UUID],
    budget: Budget | None = None,
) -> Value:
    """Return the value of `expression`.

    Args:
        expression: A checked expression.
        bindings: The values of its names.
        now: The current time.
        new_id: Returns new ids.
        budget: The steps that are left for this evaluation and others, if they are limited.

    Raises:
        EvaluationError: It has no value, or none within the budget.
    """
    part = expression.tree
    return evaluate_part(expression, part, bindings, now=now, new_id=new_id, budget=budget)


def evaluate_part(
    expression: Expression,
    part: ast.expr,
    bindings: Bindings,
    *,
    now: datetime,
    new_id: Callable[[], UUID],
    budget: Budget | None = None,
) -> Value:
    """Return the value of a part of `expression`, see `evaluate`."""
    own = Budget(MAX_STEPS)
    interpreter = _Interpreter(expression, bindings, Impure(now, new_id), own)
    try:
        value: Value = interpreter.visit(part)
        own.spend(weigh(value, MAX_PARTS))
        return value
    except (LookupError, ArithmeticError, ValueError, TypeError, AttributeError) as error:
        # the last two: None in a state without a value
        raise EvaluationError(f"`{expression.source}` has no value: {error!r}") from None
    finally:
        if budget is not None:
            budget.left -= MAX_STEPS - own.left


class _Interpreter:
    def __init__(
        self, expression: Expression, bindings: Bindings, impure: Impure, budget: Budget
    ) -> None:
        self._expression = expression
        self._bindings = bindings
        self._impure = impure
        self._budget = budget
        self._items: dict[str, Any] = {}

    def visit(self, node: ast.expr) -> Any:
        self._budget.spend(1)
        value = self._visit(node)
        match self._expression.conversions.get(node):
            case None:
                return value
            case kind:
                return _converted(value, kind)

    def _visit(self, node: ast.expr) -> Any:
        match node:
            case ast.Constant(value=value):
                return value
            case ast.Name():
                return self._name(node)
            case ast.Attribute():
                return self._attribute(node)
            case ast.Subscript(value=owner, slice=key):
                return self.visit(owner)[self.visit(key)]
            case ast.BinOp(left=left, op=op, right=right):
                return self._computed(_ARITHMETIC[type(op)], self.visit(left), self.visit(right))
            case ast.UnaryOp(op=op, operand=operand):
                value = self.visit(operand)
                return not value if isinstance(op, ast.Not) else -value
            case ast.BoolOp(op=ast.And(), values=values):
                return all(self.visit(value) for value in values)
            case ast.BoolOp(values=values):
                return any(self.visit(value) for value in values)
            case ast.IfExp(test=test, body=body, orelse=orelse):
                return self.visit(body) if self.visit(test) else self.visit(orelse)
            case ast.Compare():
                return self._compare(node)
            case ast.Call():
                return self._call(node)
            case _:
                return self._collection(node)

    def _computed(self, compute: Callable[[Any, Any], Any], left: Any, right: Any) -> Any:
        if isinstance(left, str | list):
            self._copied(left, right)
        result = compute(left, right)
        if isinstance(result, int) and result.bit_length() > MAX_BITS:
            raise EvaluationError(f"`{self._expression.source}` is too large")
        return result

    def _copied(self, *values: Any) -> None:
        """Spend steps on the parts that are copied of texts, lists and maps."""
        self._budget.spend(sum(len(value) for value in values if isinstance(value, _SIZED)))

    def _compared(self, *values: Any) -> None:
        """Spend steps on all parts of values."""
        self._budget.spend(sum(weigh(value, self._budget.left) for value in values))

    def _name(self, node: ast.Name) -> Any:
        match self._expression.refs[node]:
            case Member(enum=enum, member=member):
                return EnumValue(enum.name, member)
            case Access(variable=variable) if node.id in self._items:
                return self._items[variable.name]
            case Access(variable=variable):
                return self._bindings.values[variable.kind][variable.name]
            case other:
                raise AssertionError(other)

    def _attribute(self, node: ast.Attribute) -> Any:
        ref = self._expression.refs.get(node)
        if isinstance(ref, Access):
            variable = ref.variable
            if variable.kind == "answer":
                return self._bindings.answers[str(ref.record)][variable.name]
            return self._bindings.values[variable.kind][variable.name]
        lookup = self._expression.refs.get(node.value)
        if isinstance(lookup, Lookup):
            return self._row(lookup)[node.attr]
        return self.visit(node.value)[node.attr]

    def _row(self, lookup: Lookup) -> Any:
        key = self.visit(lookup.key)
        row = self._bindings.replicas.get(lookup.replica.name, {}).get(key)
        if row is None:
            raise RowMissingError(lookup.replica.name, key)
        return row

    def _compare(self, node: ast.Compare) -> bool:
        left = self.visit(node.left)
        for op, comparator in zip(node.ops, node.comparators, strict=True):
            right = self.visit(comparator)
            self._compared(left, right)
            if not _COMPARE[type(op)](left, right):
                return False
            left = right
        return True

    def _call(self, node: ast.Call) -> Any:
        construction = self._expression.refs.get(node)
        if isinstance(construction, Construction):
            given = {str(k.arg): self.visit(k.value) for k in node.keywords}
            return _record(construction, given)
        arguments = [self.visit(argument) for argument in node.args]
        self._compared(*(each for each in arguments if isinstance(each, _SIZED)))
        if isinstance(node.func, ast.Attribute):
            owner = self.visit(node.func.value)
            self._copied(owner)
            return getattr(owner, node.func.attr)(*arguments)
        assert isinstance(node.func, ast.Name)
        match node.func.id:
            case "now":
                return self._impure.now
            case "new_id":
                return self._impure.new_id()
            case "sum":
                return sum(arguments[0], _zero(self._expression.types[node]))
            case name:
                named = {str(k.arg): self.visit(k.value) for k in node.keywords}
                python = FUNCTIONS[name].python
                assert python is not None
                return python(*arguments, **named)

    def _collection(self, node: ast.expr) -> Any:
        match node:
            case ast.List(elts=elements):
                items = [value for element in elements for value in self._element(element)]
                self._copied(items)
                return items
            case ast.Dict(keys=keys, values=values):
                made: dict[Any, Any] = {}
                for key, value in zip(keys, values, strict=True):
                    if key is None:
                        more = self.visit(value)
                        self._copied(more)
                        made |= more
                    else:
                        name = self.visit(key)
                        made[name] = self.visit(value)
                return made
            case ast.ListComp(elt=element, generators=clauses):
                return [self.visit(element) for _ in self._each(clauses)]
            case ast.GeneratorExp(elt=element, generators=clauses):
                return (self.visit(element) for _ in self._each(clauses))
            case ast.DictComp(key=key, value=value, generators=clauses):
                return {self.visit(key): self.visit(value) for _ in self._each(clauses)}
        raise AssertionError(node)

    def _element(self, element: ast.expr) -> Iterable[Any]:
        if isinstance(element, ast.Starred):
            found: Iterable[Any] = self.visit(element.value)
            self._copied(found)
            return found
        return (self.visit(element),)

    def _each(self, clauses: list[ast.comprehension]) -> Iterator[None]:
        """Iterate over the bindings of the clauses' variables that satisfy the conditions."""
        if not clauses:
            yield
            return
        clause, *others = clauses
        for item in self.visit(clause.iter):
            self._budget.spend(1)
            self._bind(clause.target, item)
            if all(self.visit(condition) for condition in clause.ifs):
                yield from self._each(others)

    def _bind(self, target: ast.expr, item: Any) -> None:
        if isinstance(target, ast.Tuple):
            for variable, value in zip(target.elts, item, strict=True):
                self._bind(variable, value)
        elif isinstance(target, ast.Name):
            self._items[target.id] = item


def _converted(value: Any, kind: Type) -> Any:
    if value is None:
        return None
    return Decimal(value) if kind == DECIMAL else float(value)


def _zero(kind: object) -> Any:
    return Decimal(0) if kind == DECIMAL else 0.0 if kind == FLOAT else 0


def _record(construction: Construction, given: dict[str, Any]) -> Record:
    return Record(
        construction.object.name,
        tuple(
            (field.name, given[field.name] if field.name in given else initial(field))
            for field in construction.object.fields
        ),
    )
