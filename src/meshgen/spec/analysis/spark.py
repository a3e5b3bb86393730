"""Streams that a Spark job computes: what it can do, and does as the unit would."""

from __future__ import annotations

import ast
from collections.abc import Iterable

from meshgen.spec.analysis.context import Check
from meshgen.spec.expressions import Access, Expression
from meshgen.spec.model import Aggregation, Assignment, Each
from meshgen.spec.syntax import StreamSyntax
from meshgen.spec.types import DECIMAL, FLOAT, INT

HUB, STORE = "kafka", "postgresql"
_NUMBERS = (INT, DECIMAL, FLOAT)
_ARITHMETIC = (ast.Add, ast.Sub, ast.Mult)
_WITHOUT = "or leave `engine` out: the unit computes it"


def check_spark(
    check: Check,
    syntax: StreamSyntax,
    event_hub: str,
    each: Each | None,
    by: Iterable[Assignment],
    aggregates: Iterable[Aggregation],
) -> None:
    """Refuse what a Spark job cannot do, or does in another way than the unit."""
    job, kind = syntax.job, syntax.window.kind
    assert job is not None
    if event_hub and event_hub != HUB:
        message = f"a Spark job reads from Kafka, but the event hub is {event_hub}"
        check.error(job.at, message, f"write `event_hub: {{engine: {HUB}}}`, {_WITHOUT}")
    if syntax.engine and syntax.engine.text != STORE:
        message = f"a Spark job writes to PostgreSQL, but the store is {syntax.engine}"
        check.error(syntax.engine.at, message, f"write `store: {STORE}`, {_WITHOUT}")
    if kind and kind.text == "session":
        message = "Spark shows a session only when it has ended"
        check.error(kind.at, message, f"use tumbling or hopping windows, {_WITHOUT}")
    _check_values(check, syntax, each, by, aggregates)


def _check_values(
    check: Check,
    syntax: StreamSyntax,
    each: Each | None,
    by: Iterable[Assignment],
    aggregates: Iterable[Aggregation],
) -> None:
    if each and not _is_field(each.items, each.items.tree):
        hint = f"write `each: line in lines` with a list of the event, {_WITHOUT}"
        check.error(each.at, "a Spark job can only go through a field", hint)
    values = {a.target: a.value for a in by}
    values |= {a.name: a.value for a in aggregates if a.value}
    for assignment in (*syntax.by, *syntax.aggregates):
        value = values.get(assignment.target.text)
        if value and assignment.value and not _is_computable(value, value.tree):
            message = f"a Spark job cannot compute `{assignment.target}`"
            hint = f"use fields, numbers, `+`, `-` and `*`, {_WITHOUT}"
            check.error(assignment.value.at, message, hint)


def _is_computable(of: Expression, node: ast.expr) -> bool:
    match node:
        case ast.Constant():
            return of.types.get(node) in _NUMBERS
        case ast.BinOp():
            parts = (node.left, node.right)
            numbers = all(of.types.get(part) in _NUMBERS for part in parts)
            computable = all(_is_computable(of, part) for part in parts)
            return isinstance(node.op, _ARITHMETIC) and numbers and computable
        case ast.UnaryOp(op=ast.USub()):
            return _is_computable(of, node.operand)
    return _is_field(of, node)


def _is_field(of: Expression, node: ast.expr) -> bool:
    if isinstance(of.refs.get(node), Access):
        return True
    return isinstance(node, ast.Attribute) and _is_field(of, node.value)
