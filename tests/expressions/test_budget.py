"""No expression keeps the evaluator busy, or fills the memory."""

from __future__ import annotations

import time
from datetime import UTC, datetime
from decimal import Decimal
from itertools import pairwise
from uuid import UUID

import pytest

from meshgen.spec.expressions import Scope, Variable, compile_expression
from meshgen.spec.expressions.budget import MAX_PARTS, MAX_STEPS, Budget, weigh
from meshgen.spec.expressions.evaluate import evaluate
from meshgen.spec.expressions.values import Bindings, EvaluationError, Record, Value
from meshgen.spec.types import DECIMAL, FLOAT, INT, STRING, ListType, MapType, Type

NAMES = "abcdefghij"
TYPES: dict[str, Type] = {
    "xs": ListType(INT),
    "text": STRING,
    "number": INT,
    "price": DECIMAL,
    "ratio": FLOAT,
    "stock": MapType(STRING, INT),
}
VALUES: dict[str, Value] = {
    "xs": list(range(10)),
    "text": "note" * 10,
    "number": 7,
    "price": Decimal("19.90"),
    "ratio": 1e10,
    "stock": {"tea": 1},
}


def value_of(source: str, budget: Budget | None = None) -> Value:
    variables = {name: Variable("state", name, kind) for name, kind in TYPES.items()}
    expression = compile_expression(source, Scope(variables=variables))
    bindings = Bindings(values={"state": VALUES})
    now = datetime(2030, 1, 1, tzinfo=UTC)
    return evaluate(expression, bindings, now=now, new_id=lambda: UUID(int=1), budget=budget)


def chain(first: str, grown: str) -> str:
    """Each clause makes something larger of what the one before made."""
    clauses = [f"for {NAMES[0]} in [{first}]"]
    for before, name in pairwise(NAMES):
        clauses.append(f"for {name} in [{grown.replace('_', before)}]")
    return " ".join(clauses)


LOOPS = " ".join(f"for {name} in xs" for name in NAMES)
HOSTILE = {
    "10^10 steps": f"sum(1 {LOOPS})",
    "10^10 items": f"len([a {LOOPS}])",
    "10^10 conditions": f"any(a > 10 {LOOPS})",
    "10^10 keys": f"len({{a: b {LOOPS}}})",
    "a text of 10^9 characters": f"len([j {chain('text', '_+_+_+_+_+_+_')}])",
    "a list of 10^9 items": f"len([j {chain('xs', '[*_,*_,*_,*_,*_]')}])",
    "a number of 10^8 digits": f"max(j {chain('number', '_*_*_*_*_*_*_*_')})",
    "a decimal beyond all": f"max(j {chain('price', '_*_*_*_*_*_*_*_')})",
    "a float beyond all": f"max(j {chain('ratio', '_*_*_*_*_*_*_*_')})",
    "an int that is too large": "number * 9223372036854775807",
    "a sorted list": f"sorted([a * b * c * d for {' for '.join(f'{n} in xs' for n in 'abcd')}])",
    "a large result": "[a for a in xs for b in xs for c in xs for d in xs if a > 2]",
}


@pytest.mark.parametrize("name", HOSTILE)
def test_an_endless_expression_has_no_value(name: str) -> None:
    before = time.process_time()
    with pytest.raises(EvaluationError):
        value_of(HOSTILE[name])
    assert time.process_time() - before < 2


def test_an_ordinary_expression_has_one() -> None:
    assert value_of("sum(a * b for a in xs for b in xs if a != b)") == 1740
    assert value_of("max([*xs, number])") == 9


def test_evaluations_share_a_budget() -> None:
    budget = Budget(100)
    value_of("number + 1", budget)
    assert 90 < budget.left < 100
    with pytest.raises(EvaluationError):
        value_of(HOSTILE["10^10 steps"], budget)
    assert budget.left < 100 - MAX_STEPS


def test_parts_are_counted_at_any_depth() -> None:
    line = Record("Line", (("quantity", 1), ("note", "x" * 160)))
    assert weigh(line, MAX_PARTS) == 13
    assert weigh([line, line], MAX_PARTS) == 27
    assert weigh({"a": [1, 2]}, MAX_PARTS) == 5


def test_counting_ends_whatever_is_shared() -> None:
    value: list[Value] = [1]
    for _ in range(40):
        value = [value, value]
    with pytest.raises(EvaluationError):
        weigh(value, MAX_PARTS)
