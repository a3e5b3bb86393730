"""Functions and methods of expressions, for the checker, the evaluator and the reference.

A function's `check` returns its type, and its `python` computes its value. The examples use the
values shown next to them in the reference.
"""

from __future__ import annotations

import ast
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal, TypeAlias

from meshgen.spec.expressions import calls
from meshgen.spec.expressions.model import Typed
from meshgen.spec.types import DATETIME, STRING, MapType

if TYPE_CHECKING:
    from meshgen.spec.expressions.checker import Checker

Owner: TypeAlias = Literal["string", "datetime", "map"]


@dataclass(frozen=True, slots=True)
class Sample:
    """An expression and its value, as shown in the reference."""

    source: str
    value: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Function:
    """A function.

    Attributes:
        form: Its notation.
        meaning: Its result, in Markdown.
        check: Checks a call and returns its type.
        python: Computes its value; None if built into the evaluator.
    """

    name: str
    form: str
    meaning: str
    samples: tuple[Sample, ...]
    check: Callable[[Checker, ast.Call, Typed | None], Typed]
    python: Callable[..., Any] | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Method:
    """A method of a type."""

    of: Owner
    name: str
    form: str
    meaning: str
    samples: tuple[Sample, ...]
    check: Callable[[Checker, ast.Call, Typed], Typed]


_FUNCTIONS = (
    Function(
        name="sum",
        form="sum(numbers)",
        meaning="The sum of the numbers in a list or generator; 0 if it is empty.",
        samples=(Sample("sum(line.quantity * line.unit_price for line in lines)", "34.80"),),
        check=calls.sum_of,
    ),
    Function(
        name="len",
        form="len(items)",
        meaning="The number of items of a list or map, or of characters of a string.",
        samples=(Sample("len(lines)", "2"), Sample("len(title)", "4")),
        check=calls.length,
        python=len,
    ),
    Function(
        name="min",
        form="min(items, default=...) or min(a, b, ...)",
        meaning=(
            "The minimum of a list or of several values. An empty list needs `default`, otherwise "
            "the expression fails."
        ),
        samples=(
            Sample("min(line.quantity for line in lines)", "2"),
            Sample("min(total, 30)", "30"),
            Sample("min([n for n in stock.values() if n > 9], default=0)", "0"),
        ),
        check=calls.extreme,
        python=min,
    ),
    Function(
        name="max",
        form="max(items, default=...) or max(a, b, ...)",
        meaning="The maximum of a list or of several values; see `min`.",
        samples=(Sample("max(line.quantity for line in lines)", "3"),),
        check=calls.extreme,
        python=max,
    ),
    Function(
        name="any",
        form="any(conditions)",
        meaning="Whether any condition holds; false if there is none.",
        samples=(Sample("any(line.quantity > 2 for line in lines)", "True"),),
        check=calls.quantifier,
        python=any,
    ),
    Function(
        name="all",
        form="all(conditions)",
        meaning="Whether all conditions hold; true if there is none.",
        samples=(Sample("all(line.quantity > 2 for line in lines)", "False"),),
        check=calls.quantifier,
        python=all,
    ),
    Function(
        name="abs",
        form="abs(number)",
        meaning="The absolute value.",
        samples=(Sample("abs(count - 10)", "3"),),
        check=calls.absolute,
        python=abs,
    ),
    Function(
        name="round",
        form="round(number) or round(number, digits)",
        meaning=(
            "The nearest whole number, as an `int`; with `digits`, a number of the same type. Ties "
            "are rounded to even."
        ),
        samples=(Sample("round(total)", "35"), Sample("round(total / 3, 2)", "11.60")),
        check=calls.rounded,
        python=round,
    ),
    Function(
        name="sorted",
        form="sorted(items)",
        meaning="A sorted list of the items; of a map, of its keys.",
        samples=(Sample("sorted(stock.values())", "[0, 3]"),),
        check=calls.in_order,
        python=sorted,
    ),
    Function(
        name="now",
        form="now()",
        meaning=(
            "The current time, a `datetime` in UTC. Only commands and scenarios may use it: events "
            "are replayed and must result in the same state."
        ),
        samples=(Sample("now() > placed_at", "True"),),
        check=calls.current_time,
    ),
    Function(
        name="new_id",
        form="new_id()",
        meaning="A new `uuid`; only commands and scenarios may use it, see `now`.",
        samples=(Sample("new_id() != customer_id", "True"),),
        check=calls.new_id,
    ),
)
FUNCTIONS = {function.name: function for function in _FUNCTIONS}

METHODS = (
    Method(
        of="string",
        name="lower",
        form="text.lower()",
        meaning="The string in lower case.",
        samples=(Sample("title.lower()", '"emma"'),),
        check=calls.text_method,
    ),
    Method(
        of="string",
        name="upper",
        form="text.upper()",
        meaning="The string in upper case.",
        samples=(Sample("title.upper()", '"EMMA"'),),
        check=calls.text_method,
    ),
    Method(
        of="string",
        name="strip",
        form="text.strip()",
        meaning="The string without leading and trailing white space.",
        samples=(Sample('"  tea ".strip()', '"tea"'),),
        check=calls.text_method,
    ),
    Method(
        of="string",
        name="startswith",
        form="text.startswith(start)",
        meaning="Whether the string starts with another.",
        samples=(Sample('title.startswith("Em")', "True"),),
        check=calls.text_test,
    ),
    Method(
        of="string",
        name="endswith",
        form="text.endswith(end)",
        meaning="Whether the string ends with another.",
        samples=(Sample('title.endswith("a")', "True"),),
        check=calls.text_test,
    ),
    Method(
        of="datetime",
        name="date",
        form="moment.date()",
        meaning="The date of a `datetime`, in UTC.",
        samples=(Sample("placed_at.date()", "2026-03-01"),),
        check=calls.day,
    ),
    Method(
        of="map",
        name="items",
        form="map.items()",
        meaning="Pairs of key and value, for iteration with two variables.",
        samples=(Sample("[key for key, n in stock.items() if n > 0]", '["Emma"]'),),
        check=calls.map_items,
    ),
    Method(
        of="map",
        name="keys",
        form="map.keys()",
        meaning="The keys, for iteration; a map itself also iterates over its keys.",
        samples=(Sample("sorted(stock.keys())", '["Emma", "Persuasion"]'),),
        check=calls.map_keys,
    ),
    Method(
        of="map",
        name="values",
        form="map.values()",
        meaning="The values, for iteration.",
        samples=(Sample("sum(stock.values())", "3"),),
        check=calls.map_values,
    ),
    Method(
        of="map",
        name="get",
        form="map.get(key) or map.get(key, default)",
        meaning="The value of a key; if it is missing, the default, or `None`.",
        samples=(Sample('stock.get("Emma")', "3"), Sample('stock.get("Ivanhoe", 0)', "0")),
        check=calls.map_get,
    ),
)


def methods_of(owner: Typed) -> dict[str, Method]:
    """Return the methods of a type, by name."""
    of = "map" if isinstance(owner, MapType) else _OWNERS.get(owner)
    return {method.name: method for method in METHODS if method.of == of}


_OWNERS: dict[Typed, Owner] = {STRING: "string", DATETIME: "datetime"}
