"""Budgets: no expression of a spec keeps meshgen busy, nor fills its memory.

A step is a node of an expression that is visited, or a part of a value that is copied or compared.
Real decisions take a few hundred.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

from meshgen.spec.expressions.values import EvaluationError, Record
from meshgen.spec.grammar.limits import MAX_NUMBER

MAX_STEPS = 20_000
"""The steps of one evaluation."""
MAX_PARTS = 2_000
"""The parts of a value: all that is in it, at any depth."""
MAX_BITS = 4_096
_CHARACTERS = 16  # that count as one part


@dataclass(slots=True)
class Budget:
    """The steps that are left for several evaluations together."""

    left: int

    def spend(self, steps: int) -> None:
        """Take `steps` off; raise EvaluationError if nothing is left."""
        self.left -= steps
        if self.left < 0:
            raise EvaluationError("this takes too many steps")


def weigh(value: Any, most: int) -> int:
    """Return the number of parts of `value`.

    Raises:
        EvaluationError: It has more than `most`, or a number that cannot be stored.
    """
    parts, todo = 0, [value]
    while todo:
        match todo.pop():
            case (int() | float()) as number if not _representable(number):
                raise EvaluationError("it has a number that is too large")
            case str() as text:
                parts += len(text) // _CHARACTERS
            case list() | tuple() as items:
                todo += items[: most + 1]
            case dict() as items if len(items) <= most:
                todo += items.keys()
                todo += items.values()
            case dict():
                parts = most
            case Record(fields=fields):
                todo += (inner for _, inner in fields)
        parts += 1
        if parts > most:
            raise EvaluationError(f"it has more than {most} parts")
    return parts


def _representable(number: int | float) -> bool:
    """Tell whether the generated system can store and send a number."""
    finite = isinstance(number, int) or math.isfinite(number)
    return finite and (isinstance(number, float) or -MAX_NUMBER <= number <= MAX_NUMBER)
