"""Decimal literals, exactly as written."""

from __future__ import annotations

import ast
import math
import re
from decimal import Decimal
from typing import TYPE_CHECKING

from meshgen.spec.types import DECIMAL

if TYPE_CHECKING:
    from meshgen.spec.expressions.checker import Checker

_WRITTEN = re.compile(r"(\d[\d_]*)?\.(\d[\d_]*)?")
MAX_DIGITS = 28


def exact(checker: Checker, tree: ast.expr) -> None:
    """Replace decimal literals by exact `Decimal`s: 19.90, not 19.9.

    Raises:
        ExpressionError: A literal is too long or has an exponent.
    """
    for node in ast.walk(tree):
        if not isinstance(node, ast.Constant) or not isinstance(node.value, float):
            continue
        if not math.isfinite(node.value):
            raise checker.error(node, "this number is too large")
        if checker.types.get(node) != DECIMAL:
            continue
        text = checker.text(node)
        if not _WRITTEN.fullmatch(text):
            raise checker.error(node, "write a decimal without an exponent")
        if sum(character.isdigit() for character in text) > MAX_DIGITS:
            raise checker.error(node, f"a decimal has at most {MAX_DIGITS} digits")
        node.value = Decimal(text.replace("_", ""))  # type: ignore[assignment]


def decimal(value: int | float | Decimal) -> Decimal:
    """Return a number as a `Decimal`, rounded to as many digits as a decimal has."""
    found = Decimal(repr(value)) if isinstance(value, float) else Decimal(value)
    return found if found.adjusted() >= -MAX_DIGITS else Decimal(0)
