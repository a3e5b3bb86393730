"""From source text, or a plain value, to a checked `Expression`."""

from __future__ import annotations

from decimal import Decimal

from meshgen.spec.expressions.model import Expression, Scope
from meshgen.spec.types import Type


def compile_expression(source: str, scope: Scope, expected: Type | None = None) -> Expression:
    """Parse and check `source`, whose type must be `expected` if given. Raises ExpressionError."""
    raise NotImplementedError


def literal(value: bool | int | float | Decimal | str | None, expected: Type) -> Expression:
    """Return the expression for a plain value of the YAML. Raises ExpressionError (offset 0)."""
    raise NotImplementedError
