"""The interpreter and the emitted Python give the same value, for expressions of every kind."""

from __future__ import annotations

import enum
from collections.abc import Callable
from dataclasses import dataclass, fields, make_dataclass
from datetime import UTC, date, datetime
from decimal import Decimal
from types import SimpleNamespace
from typing import Any
from uuid import UUID

import pytest
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st

from meshgen.spec.expressions import Expression, ExpressionError
from meshgen.spec.expressions.evaluate import evaluate
from meshgen.spec.expressions.values import (
    Bindings,
    EnumValue,
    EvaluationError,
    Record,
    RowMissingError,
    Value,
)
from meshgen.system.pysource.expressions import emit

Compiled = Callable[..., Expression]
NOW = datetime(2030, 1, 1, 12, tzinfo=UTC)
ONE, TWO, THREE = UUID(int=1), UUID(int=2), UUID(int=3)


def line(product_id: UUID, quantity: int, unit_price: str, note: str | None = None) -> Record:
    return Record(
        "OrderLine",
        (
            ("product_id", product_id),
            ("quantity", quantity),
            ("unit_price", Decimal(unit_price)),
            ("note", note),
        ),
    )


def item(quantity: int, unit_price: str) -> Record:
    return Record("CartItem", (("quantity", quantity), ("unit_price", Decimal(unit_price))))


STATES: list[dict[str, Value]] = [
    {
        "status": EnumValue("OrderStatus", "placed"),
        "last_status": None,
        "lines": [line(ONE, 2, "19.90"), line(TWO, 1, "0.10", "quick")],
        "items": {ONE: item(1, "5"), TWO: item(3, "2.50")},
        "reservations": {ONE: 4, THREE: -1},
        "labels": {"a": "b"},
        "tags": ["b", "a"],
        "total": Decimal("39.90"),
        "weight": 1.5,
        "on_hand": -3,
        "listed": True,
        "title": " It's a 'Teapot' ",
        "reason": None,
        "limit": Decimal(10),
        "placed_at": NOW,
        "due": date(2030, 1, 1),
        "customer_id": THREE,
    },
    {
        "status": EnumValue("OrderStatus", "shipped"),
        "last_status": EnumValue("OrderStatus", "placed"),
        "lines": [],
        "items": {},
        "reservations": {},
        "labels": {},
        "tags": [],
        "total": Decimal(0),
        "weight": 0.0,
        "on_hand": 0,
        "listed": False,
        "title": "",
        "reason": "late",
        "limit": None,
        "placed_at": NOW,
        "due": date(2029, 1, 1),
        "customer_id": ONE,
    },
]
INPUT: dict[str, Value] = {
    "product_id": ONE,
    "quantity": 2,
    "unit_price": Decimal("1.25"),
    "at": NOW,
    "line": line(ONE, 7, "3"),
    "extra": None,
}
ROWS: dict[UUID, dict[str, Value]] = {ONE: {"price": Decimal("9.90"), "listed": True}}


class OrderStatus(enum.Enum):
    PLACED = "placed"
    CONFIRMED = "confirmed"
    SHIPPED = "shipped"


@dataclass(frozen=True)
class OrderLine:
    product_id: UUID
    quantity: int
    unit_price: Decimal
    note: str | None = None


@dataclass(frozen=True)
class CartItem:
    quantity: int
    unit_price: Decimal


Product = make_dataclass("Product", ["price", "listed"])
CLASSES = {"OrderLine": OrderLine, "CartItem": CartItem}
GLOBALS = {
    "OrderStatus": OrderStatus,
    "Product": Product,
    "Decimal": Decimal,
    "UUID": UUID,
    **CLASSES,
}


def as_python(value: Value) -> Any:
    """Return a value of the interpreter as the emitted code knows it."""
    match value:
        case EnumValue(member=member):
            return OrderStatus(member)
        case Record(type=kind, fields=given):
            return CLASSES[kind](**{name: as_python(part) for name, part in given})
        case list():
            return [as_python(part) for part in value]
        case dict():
            return {key: as_python(part) for key, part in value.items()}
        case _:
            return value


def run(code: str, state: dict[str, Value]) -> Any:
    """Run emitted code."""

    def get(kind: type, id: UUID) -> Any:
        return Product(**ROWS[id])

    context = SimpleNamespace(now=NOW, new_id=lambda: THREE, get=get)
    names = {
        "order": SimpleNamespace(**{name: as_python(value) for name, value in state.items()}),
        "command": SimpleNamespace(**{name: as_python(value) for name, value in INPUT.items()}),
        "authorization": SimpleNamespace(approved=True, reason="limit"),
        "context": context,
    }
    return eval(code, {**GLOBALS, **names})


def outcomes(expression: Expression, state: dict[str, Value]) -> tuple[Any, Any]:
    """Return the interpreter's outcome and that of the emitted code, "error" for any error."""
    bindings = Bindings(
        values={"state": state, "input": INPUT},
        answers={"authorization": {"approved": True, "reason": "limit"}},
        replicas={"Product": ROWS},
    )
    try:
        found: Any = as_python(evaluate(expression, bindings, now=NOW, new_id=lambda: THREE))
    except EvaluationError:
        found = "error"
    code = emit(expression, {"state": "order", "input": "command"})
    try:
        expected = run(code, state)
    except (ArithmeticError, LookupError, ValueError, TypeError):
        expected = "error"
    return found, expected


def words(text: str) -> st.SearchStrategy[str]:
    return st.sampled_from(text.split(" | "))


def built(form: str, **parts: st.SearchStrategy[str]) -> st.SearchStrategy[str]:
    """Fill the parts into the form, in parentheses; `o` is an operator."""
    wrapped = {
        name: part if name == "o" else part.map(lambda code: f"({code})")
        for name, part in parts.items()
    }
    return st.builds(lambda **codes: form.format(**codes), **wrapped)


def grammar(depth: int) -> dict[str, st.SearchStrategy[str]]:
    """Well-typed expressions by the type they have."""
    number = words(
        "quantity | on_hand | line.quantity | len(lines) | 0 | 3 | -2 | 10"
        " | reservations[product_id] | sum(reservations.values()) | len(title)"
        " | sum(x.quantity for x in lines)"
        " | max(reservations.values(), default=1) | reservations.get(customer_id, 4)"
        " | lines[0].quantity | round(total)"
    )
    money = words(
        "total | unit_price | line.unit_price | 19.90 | -0.5 | products[product_id].price"
        " | sum(x.quantity * x.unit_price for x in lines) | products[customer_id].price"
        " | limit if limit is not None else 3 | min(x.unit_price for x in lines)"
    )
    text = words(
        "title | 'x' | \"it's\" | '\\\\' | title.strip() | authorization.reason"
        " | reason if reason is not None else title | labels['a'] | title.upper()"
    )
    truth = words(
        "listed | status == placed | status in [placed, shipped] | last_status != placed"
        " | product_id in items | reason is None | reason is not None and len(reason) > 2"
        " | authorization.approved | products[product_id].listed | now() <= at | now().date() > due"
        " | any(x.quantity > 1 for x in lines) | all(products[x.product_id].listed for x in lines)"
        " | not placed == status | 'b' in tags | title.startswith(' ') | customer_id != new_id()"
        " | 4 in reservations.values() | tags == sorted(tags) | lines == [line] | 1 < quantity < 3"
    )
    numbers = words(
        "[x.quantity for x in lines] | [1, quantity] | [n for _, n in reservations.items()]"
    )
    counts = words("reservations | {**reservations, customer_id: quantity}")
    if depth == 0:
        return {"int": number, "decimal": money, "string": text, "bool": truth} | {
            "list[int]": numbers,
            "map[uuid, int]": counts,
        }
    below = grammar(depth - 1)
    i, d, s, b = below["int"], below["decimal"], below["string"], below["bool"]
    many, counted = below["list[int]"], below["map[uuid, int]"]
    operator = words("+ | - | *")
    compare = words("< | <= | > | >= | == | !=")
    return {
        "int": st.one_of(
            number,
            built("{a} {o} {b}", a=i, o=operator, b=i),
            built("{a} // {b} + {a} % {b}", a=i, b=i),
            built(
                "-{a}",
                a=words("quantity | on_hand"),
            ),
            built("abs({a})", a=i),
            built("min({a}, {b})", a=i, b=i),
            built("{a} if {c} else {b}", a=i, b=i, c=b),
            built("sum({a})", a=many),
            built("len({a})", a=many),
            built("sum(n * {a} for n in {b})", a=i, b=many),
            built("round({a})", a=d),
        ),
        "decimal": st.one_of(
            money,
            i,
            built("{a} {o} {b}", a=d, o=operator, b=i),
            built("{a} {o} {b}", a=d, o=operator, b=d),
            built("{a} / {b}", a=d, b=money),
            built("{a} // {b}", a=money, b=i),
            built("max({a}, {b}, 0.25)", a=d, b=i),
            built("{a} if {c} else {b}", a=d, b=i, c=b),
            built("round({a}, 1)", a=d.map(lambda code: f"{code} + 0.01")),
            built("sum(n * {a} for n in {b})", a=money, b=many),
        ),
        "string": st.one_of(
            text,
            built("{a} + {b}", a=s, b=s),
            built("{a}.lower()", a=s),
            built("{a} if {c} else {b}", a=s, b=s, c=b),
        ),
        "bool": st.one_of(
            truth,
            built("{a} {o} {b}", a=i, o=compare, b=i),
            built("{a} {o} {b}", a=d, o=compare, b=i),
            built("{a} {o} {b}", a=s, o=compare, b=s),
            built("{a} < {b} <= {c}", a=i, b=i, c=i),
            built("{a} and {b}", a=b, b=b),
            built("{a} or {b}", a=b, b=b),
            built("not {a}", a=b),
            built("{a} or {b} and not {c}", a=b, b=b, c=b),
            built("{a} in {b}", a=i, b=many),
            built("{a} not in {b}", a=words("product_id | customer_id"), b=counted),
            built("any(n > {a} for n in {b})", a=i, b=many),
            built("all([n > {a} for n in {b} if n != {a}])", a=i, b=many),
        ),
        "list[int]": st.one_of(
            numbers,
            built("[{a}, *{b}]", a=i, b=many),
            built("[n + {a} for n in {b} if n > {c}]", a=i, b=many, c=i),
            built("[n for n in {b}]", b=many),
            built("sorted({a})", a=many),
        ),
        "map[uuid, int]": st.one_of(
            counts,
            built("{{**{a}, product_id: {b}}}", a=counted, b=i),
            built("{{k: n + {b} for k, n in {a}.items() if k != product_id}}", a=counted, b=i),
            built("{{k: n for k, n in {a}.items()}}", a=counted),
            built("{{k: 0 for k in {a}}}", a=counted),
        ),
    }


GRAMMAR = grammar(2)
TYPED = st.one_of(
    *(st.tuples(source, st.just(kind)) for kind, source in GRAMMAR.items()),
)


@given(TYPED.filter(lambda case: len(case[0]) <= 500), st.sampled_from(STATES))
@settings(
    max_examples=1500,
    deadline=None,
    suppress_health_check=[HealthCheck.filter_too_much, HealthCheck.too_slow],
)
def test_they_agree(compiled: Compiled, case: tuple[str, str], state: dict[str, Value]) -> None:
    try:
        expression = compiled(*case)
    except ExpressionError:  # a decimal for an int, or a variable's name used twice
        assume(False)
    found, expected = outcomes(expression, state)
    assert found == expected
    assert type(found) is type(expected)


@pytest.mark.parametrize(
    ("source", "kind", "value"),
    [
        ("status == placed", "bool", True),
        ("sum(x.quantity * x.unit_price for x in lines)", "decimal", Decimal("39.90")),
        ("quantity", "decimal", Decimal(2)),
        ("quantity", "float", 2.0),
        ("19.90", "decimal", Decimal("19.90")),
        ("CartItem(quantity=1, unit_price=2)", "CartItem", item(1, "2")),
        (
            "OrderLine(product_id=product_id, quantity=1, unit_price=2)",
            "OrderLine",
            line(ONE, 1, "2"),
        ),
        ("shipped", "OrderStatus", EnumValue("OrderStatus", "shipped")),
        (
            "{**items, product_id: CartItem(quantity=1, unit_price=2)}[product_id]",
            "CartItem",
            item(1, "2"),
        ),
        ("[a * b for a in [1, 2] for b in [a, 3] if a != b]", "list[int]", [3, 6]),
        ("now()", "datetime", NOW),
        ("new_id()", "uuid", THREE),
        ("products[product_id].price", "decimal", Decimal("9.90")),
        ("0 < quantity < 2", "bool", False),
        ("reason", "string?", None),
    ],
)
def test_values(compiled: Compiled, source: str, kind: str, value: Value) -> None:
    bindings = Bindings(values={"state": STATES[0], "input": INPUT}, replicas={"Product": ROWS})
    assert evaluate(compiled(source, kind), bindings, now=NOW, new_id=lambda: THREE) == value
    found, expected = outcomes(compiled(source, kind), STATES[0])
    assert found == expected


@pytest.mark.parametrize(
    "source",
    ["reservations[customer_id]", "quantity // on_hand", "lines[9].quantity", "min(tags) + 'x'"],
)
def test_what_has_no_value_is_an_error(compiled: Compiled, source: str) -> None:
    bindings = Bindings(values={"state": {**STATES[1], "customer_id": THREE}, "input": INPUT})
    with pytest.raises(EvaluationError):
        evaluate(compiled(source), bindings, now=NOW, new_id=lambda: THREE)


def test_a_missing_row_is_told_apart(compiled: Compiled) -> None:
    bindings = Bindings(values={"state": STATES[0], "input": INPUT}, replicas={"Product": ROWS})
    with pytest.raises(RowMissingError) as caught:
        evaluate(compiled("products[customer_id].price"), bindings, now=NOW, new_id=lambda: ONE)
    assert (caught.value.replica, caught.value.key) == ("Product", THREE)


def test_the_stand_ins_have_the_fields_of_the_domain() -> None:
    assert [f.name for f in fields(OrderLine)] == [name for name, _ in line(ONE, 1, "1").fields]
