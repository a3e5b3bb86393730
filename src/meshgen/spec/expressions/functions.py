"""The functions and methods of expressions: one table, for the checker, the evaluator, and people.

A function's `check` gives its type, its `python` is what the evaluator calls; the examples speak of
the values that the reference shows beside them.
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
    """An expression and its value, as the reference shows them."""

    source: str
    value: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Function:
    """A function.

    Attributes:
        form: How it is written.
        meaning: What it gives, in one sentence of Markdown.
        check: Checks a call and gives its type.
        python: What gives its value; None where the evaluator itself knows.
    """

    name: str
    form: str
    meaning: str
    samples: tuple[Sample, ...]
    check: Callable[[Checker, ast.Call, Typed | None], Typed]
    python: Callable[..., Any] | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Method:
    """A method of the values of a type."""

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
        meaning="The sum of a list of numbers or of what a generator gives; 0 if there is none.",
        samples=(Sample("sum(line.quantity * line.unit_price for line in lines)", "34.80"),),
        check=calls.sum_of,
    ),
    Function(
        name="len",
        form="len(items)",
        meaning="The number of items of a list or a map, or of characters of a string.",
        samples=(Sample("len(lines)", "2"), Sample("len(title)", "4")),
        check=calls.length,
        python=len,
    ),
    Function(
        name="min",
        form="min(items, default=...) or min(a, b, ...)",
        meaning=(
            "The least of a list or of several values. An empty list needs `default`, else the "
            "expression fails."
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
        meaning="The greatest of a list or of several values, as `min`.",
        samples=(Sample("max(line.quantity for line in lines)", "3"),),
        check=calls.extreme,
        python=max,
    ),
    Function(
        name="any",
        form="any(conditions)",
        meaning="Whether one of the conditions holds; false if there is none.",
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
        meaning="The number without its sign.",
        samples=(Sample("abs(count - 10)", "3"),),
        check=calls.absolute,
        python=abs,
    ),
    Function(
        name="round",
        form="round(number) or round(number, digits)",
        meaning=(
            "The nearest whole number, as an `int`; with digits a number of the same type. What "
            "lies in the middle goes to the even neighbour."
        ),
        samples=(Sample("round(total)", "35"), Sample("round(total / 3, 2)", "11.60")),
        check=calls.rounded,
        python=round,
    ),
    Function(
        name="sorted",
        form="sorted(items)",
        meaning="A list of the items from the least to the greatest; of a map, of its keys.",
        samples=(Sample("sorted(stock.values())", "[0, 3]"),),
        check=calls.in_order,
        python=sorted,
    ),
    Function(
        name="now",
        form="now()",
        meaning=(
            "The current time, a `datetime` in UTC. Only commands and scenarios may ask for it: "
            "events are applied again, and must then give the same state."
        ),
        samples=(Sample("now() > placed_at", "True"),),
        check=calls.current_time,
    ),
    Function(
        name="new_id",
        form="new_id()",
        meaning="A new `uuid`; where it may be used, see `now`.",
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
        meaning="The text in lower case.",
        samples=(Sample("title.lower()", '"emma"'),),
        check=calls.text_method,
    ),
    Method(
        of="string",
        name="upper",
        form="text.upper()",
        meaning="The text in upper case.",
        samples=(Sample("title.upper()", '"EMMA"'),),
        check=calls.text_method,
    ),
    Method(
        of="string",
        name="strip",
        form="text.strip()",
        meaning="The text without white space at its ends.",
        samples=(Sample('"  tea ".strip()', '"tea"'),),
        check=calls.text_method,
    ),
    Method(
        of="string",
        name="startswith",
        form="text.startswith(start)",
        meaning="Whether the text starts so.",
        samples=(Sample('title.startswith("Em")', "True"),),
        check=calls.text_test,
    ),
    Method(
        of="string",
        name="endswith",
        form="text.endswith(end)",
        meaning="Whether the text ends so.",
        samples=(Sample('title.endswith("a")', "True"),),
        check=calls.text_test,
    ),
    Method(
        of="datetime",
        name="date",
        form="moment.date()",
        meaning="The day of a `datetime`, in UTC.",
        samples=(Sample("placed_at.date()", "2026-03-01"),),
        check=calls.day,
    ),
    Method(
        of="map",
        name="items",
        form="map.items()",
        meaning="Pairs of key and value, to go through with two variables.",
        samples=(Sample("[key for key, n in stock.items() if n > 0]", '["Emma"]'),),
        check=calls.map_items,
    ),
    Method(
        of="map",
        name="keys",
        form="map.keys()",
        meaning="The keys, to go through; a map itself gives its keys, too.",
        samples=(Sample("sorted(stock.keys())", '["Emma", "Persuasion"]'),),
        check=calls.map_keys,
    ),
    Method(
        of="map",
        name="values",
        form="map.values()",
        meaning="The values, to go through.",
        samples=(Sample("sum(stock.values())", "3"),),
        check=calls.map_values,
    ),
    Method(
        of="map",
        name="get",
        form="map.get(key) or map.get(key, default)",
        meaning="The value of a key; if there is none, the default, or nothing.",
        samples=(Sample('stock.get("Emma")', "3"), Sample('stock.get("Ivanhoe", 0)', "0")),
        check=calls.map_get,
    ),
)


def methods_of(owner: Typed) -> dict[str, Method]:
    """The methods that the values of a type have, by name."""
    of = "map" if isinstance(owner, MapType) else _OWNERS.get(owner)
    return {method.name: method for method in METHODS if method.of == of}


_OWNERS: dict[Typed, Owner] = {STRING: "string", DATETIME: "datetime"}
