"""The numbers and texts that expressions mention: what makes a difference is near them."""

from __future__ import annotations

import ast
from collections.abc import Iterable, Iterator

from meshgen.spec.expressions import Expression


def literals(expressions: Iterable[Expression]) -> list[object]:
    """Return the literals of `expressions`, each once, in their order."""
    return list(dict.fromkeys(_literals(expressions)))


def _literals(expressions: Iterable[Expression]) -> Iterator[object]:
    for expression in expressions:
        for node in ast.walk(expression.tree):
            if isinstance(node, ast.Constant) and not isinstance(node.value, bool | None):
                yield node.value
