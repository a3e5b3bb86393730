"""Expressions as the Python that an engineer would write by hand."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable
from datetime import UTC, date, datetime
from decimal import Decimal
from pathlib import Path
from uuid import UUID

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from meshgen.spec import types as t
from meshgen.spec.expressions import Expression, literal
from meshgen.spec.expressions.values import EnumValue, Record
from meshgen.system.pysource import literals
from meshgen.system.pysource.expressions import ReplicaRead, emit, replica_reads
from meshgen.system.pysource.literals import string

Compiled = Callable[..., Expression]
PREFIXES = {"state": "order", "input": "command"}
ROWS = {("Product", "command.product_id"): "product"}

CASES = [
    ("status == placed", "bool", "order.status is OrderStatus.PLACED"),
    ("placed != last_status", "bool", "order.last_status is not OrderStatus.PLACED"),
    (
        "status in [placed, shipped]",
        "bool",
        "order.status in (OrderStatus.PLACED, OrderStatus.SHIPPED)",
    ),
    ("status not in [placed]", "bool", "order.status not in (OrderStatus.PLACED,)"),
    (
        "not (status in [placed])",
        "bool",
        "order.status not in (OrderStatus.PLACED,)",
    ),
    ("not status == placed", "bool", "order.status is not OrderStatus.PLACED"),
    ("not not listed", "bool", "order.listed"),
    ("not (on_hand < 3)", "bool", "not order.on_hand < 3"),
    ("reason == None", "bool", "order.reason is None"),
    ("0 < quantity", "bool", "command.quantity > 0"),
    ("0 < quantity <= 10", "bool", "0 < command.quantity <= 10"),
    ("state.total > 1", "bool", "order.total > 1"),
    ("authorization.approved", "bool", "authorization.approved"),
    ("now()", "datetime", "context.now"),
    ("new_id()", "uuid", "context.new_id()"),
    ("19.90", "decimal", 'Decimal("19.90")'),
    ("-19.90", "decimal", 'Decimal("-19.90")'),
    ("5", "decimal", "Decimal(5)"),
    ("-5", "decimal", "Decimal(-5)"),
    ("5", "float", "5.0"),
    ("total > 5", "bool", "order.total > 5"),
    ("total * 1.10", "decimal", 'order.total * Decimal("1.10")'),
    ("quantity", "decimal", "Decimal(command.quantity)"),
    ("quantity", "float", "float(command.quantity)"),
    (
        "quantity if listed else 0",
        "decimal",
        "Decimal(command.quantity) if order.listed else Decimal(0)",
    ),
    ("(total + 1) * 2 - (3 - total)", "decimal", "(order.total + 1) * 2 - (3 - order.total)"),
    ("(total * 2) + 1", "decimal", "order.total * 2 + 1"),
    ("-(total + 1)", "decimal", "-(order.total + 1)"),
    ("-total * -quantity", "decimal", "-order.total * -command.quantity"),
    (
        "listed and (listed or not listed)",
        "bool",
        "order.listed and (order.listed or not order.listed)",
    ),
    (
        "listed or listed and not listed",
        "bool",
        "order.listed or (order.listed and not order.listed)",
    ),
    (
        "sum(x.quantity * x.unit_price for x in lines)",
        "decimal",
        "sum((x.quantity * x.unit_price for x in order.lines), Decimal(0))",
    ),
    ("sum(reservations.values())", "int", "sum(order.reservations.values())"),
    ("sum(reservations.values())", "decimal", "Decimal(sum(order.reservations.values()))"),
    ("sum(x.quantity for x in lines)", "int", "sum(x.quantity for x in order.lines)"),
    ("any([x.quantity > 1 for x in lines])", "bool", "any(x.quantity > 1 for x in order.lines)"),
    (
        "max((x.quantity for x in lines), default=0)",
        "int",
        "max((x.quantity for x in order.lines), default=0)",
    ),
    ("product_id in items.keys()", "bool", "command.product_id in order.items"),
    (
        "[k for k in items.keys() if k != product_id]",
        "list[uuid]",
        "[k for k in order.items if k != command.product_id]",
    ),
    ("[k for k in items.keys()]", "list[uuid]", "list(order.items)"),
    ("[v for v in reservations.values()]", "list[int]", "list(order.reservations.values())"),
    (
        "[v for v in (x.quantity for x in lines)]",
        "list[int]",
        "[x.quantity for x in order.lines]",
    ),
    ("{k: v for k, v in items.items()}", "map[uuid, CartItem]", "dict(order.items)"),
    ("{k: 0 for k in items}", "map[uuid, int]", "dict.fromkeys(order.items, 0)"),
    ("{k: 0 for k in items}", "map[uuid, decimal]", "{k: Decimal(0) for k in order.items}"),
    ("reservations.get(product_id, None)", "int?", "order.reservations.get(command.product_id)"),
    (
        "{**items, product_id: CartItem(quantity=quantity, unit_price=unit_price)}",
        "map[uuid, CartItem]",
        "{**order.items, command.product_id: "
        "CartItem(quantity=command.quantity, unit_price=command.unit_price)}",
    ),
    (
        "{key: n for key, n in reservations.items() if key != product_id}",
        "map[uuid, int]",
        "{key: n for key, n in order.reservations.items() if key != command.product_id}",
    ),
    ("[*lines, line]", "list[OrderLine]", "[*order.lines, command.line]"),
    ("{}", "map[int]", "{}"),
    ("lines == []", "bool", "order.lines == []"),
    ("products[product_id].listed", "bool", "product.listed"),
    (
        "all(products[x.product_id].listed for x in lines)",
        "bool",
        "all(context.get(Product, x.product_id).listed for x in order.lines)",
    ),
    # a variable does not hide what the code around it is called
    (
        "[order.quantity + on_hand for order in lines]",
        "list[int]",
        "[order_.quantity + order.on_hand for order_ in order.lines]",
    ),
    ('title == "it\'s"', "bool", 'order.title == "it\'s"'),
    ("title == 'say \"hi\"'", "bool", "order.title == 'say \"hi\"'"),
    ("title == 'a'", "bool", 'order.title == "a"'),
    (
        "title.strip().lower().startswith('a')",
        "bool",
        'order.title.strip().lower().startswith("a")',
    ),
    (
        "(title if listed else '').upper()",
        "string",
        '(order.title if order.listed else "").upper()',
    ),
]


@pytest.mark.parametrize(("source", "expected", "code"), CASES)
def test_emitted(compiled: Compiled, source: str, expected: str, code: str) -> None:
    assert emit(compiled(source, expected), PREFIXES, rows=ROWS) == code


@pytest.mark.parametrize(
    ("source", "reads"),
    [
        ("products[product_id].listed", ["command.product_id"]),
        ("products[product_id].listed and products[customer_id].listed", ["command.product_id"]),
        ("listed and products[product_id].listed", []),
        ("products[product_id].listed if listed else listed", []),
        ("listed if products[product_id].listed else listed", ["command.product_id"]),
        ("all(products[x.product_id].listed for x in lines)", []),
        (
            "products[product_id].price < products[line.product_id].price < 3",
            ["command.product_id", "command.line.product_id"],
        ),
        (
            "1 < products[product_id].price < products[line.product_id].price",
            ["command.product_id"],
        ),
    ],
)
def test_rows_that_are_read_in_any_case(compiled: Compiled, source: str, reads: list[str]) -> None:
    expected = tuple(ReplicaRead("Product", key) for key in reads)
    assert replica_reads(compiled(source, "bool"), PREFIXES) == expected


@pytest.mark.parametrize(
    ("value", "code"),
    [
        (True, "True"),
        (None, "None"),
        (5, "5"),
        (-1.5, "-1.5"),
        ("a reason", '"a reason"'),
        (Decimal("10.00"), 'Decimal("10.00")'),
        (Decimal(10), "Decimal(10)"),
        (Decimal(-10), "Decimal(-10)"),
        (Decimal("1E+2"), 'Decimal("100")'),
        (Decimal("-0"), 'Decimal("-0")'),
        (UUID(int=1), 'UUID("00000000-0000-0000-0000-000000000001")'),
        (UUID(int=2), "ID"),
        (datetime(2030, 1, 1, 12, tzinfo=UTC), "datetime(2030, 1, 1, 12, 0, tzinfo=UTC)"),
        (datetime(2030, 1, 1, 12, 0, 1, tzinfo=UTC), "datetime(2030, 1, 1, 12, 0, 1, tzinfo=UTC)"),
        (date(2030, 1, 1), "date(2030, 1, 1)"),
        (EnumValue("OrderStatus", "placed"), "OrderStatus.PLACED"),
        (
            [Record("Item", (("quantity", 1), ("price", Decimal(2))))],
            "[Item(quantity=1, price=Decimal(2))]",
        ),
        ({"a": [1]}, '{"a": [1]}'),
    ],
)
def test_values_are_printed(value: object, code: str) -> None:
    assert literals.literal(value, {UUID(int=2): "ID"}) == code


@pytest.mark.parametrize(
    ("value", "kind", "code"),
    [
        (True, t.BOOL, "True"),
        (5, t.INT, "5"),
        (5, t.DECIMAL, "Decimal(5)"),
        (19.9, t.DECIMAL, 'Decimal("19.9")'),
        (Decimal("19.90"), t.DECIMAL, 'Decimal("19.90")'),
        (5, t.FLOAT, "5.0"),
        (None, t.OptionalType(t.INT), "None"),
        (5, t.OptionalType(t.INT), "5"),
        ("x", t.STRING, '"x"'),
        ("placed", t.EnumType("OrderStatus", ("placed",)), "OrderStatus.PLACED"),
        ("2030-01-01", t.DATE, "date(2030, 1, 1)"),
        ("2030-01-01T12:00:00Z", t.DATETIME, "datetime(2030, 1, 1, 12, 0, tzinfo=UTC)"),
    ],
)
def test_literals_are_printed(value: object, kind: t.Type, code: str) -> None:
    assert emit(literal(value, kind), PREFIXES) == code  # type: ignore[arg-type]


@given(st.text())
@settings(max_examples=500)
def test_any_text_is_printed_as_itself(value: str) -> None:
    code = string(value)
    assert eval(code) == value
    assert "\n" not in code
    assert code.isprintable()


HEADER = """
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime
from decimal import Decimal
from enum import Enum
from typing import Protocol, TypeVar
from uuid import UUID

T = TypeVar("T")


class OrderStatus(Enum):
    PLACED = "placed"
    CONFIRMED = "confirmed"
    SHIPPED = "shipped"


@dataclass(frozen=True, kw_only=True)
class CartItem:
    quantity: int
    unit_price: Decimal


@dataclass(frozen=True, kw_only=True)
class OrderLine:
    product_id: UUID
    quantity: int
    unit_price: Decimal
    note: str | None = None


@dataclass(frozen=True, kw_only=True)
class Product:
    price: Decimal
    listed: bool


class Authorization(Protocol):
    approved: bool
    reason: str


class Context(Protocol):
    now: datetime

    def new_id(self) -> UUID: ...
    def get(self, kind: type[T], id: UUID) -> T: ...


class Order(Protocol):
    status: OrderStatus
    last_status: OrderStatus | None
    lines: Sequence[OrderLine]
    items: Mapping[UUID, CartItem]
    reservations: Mapping[UUID, int]
    labels: Mapping[str, str]
    tags: Sequence[str]
    total: Decimal
    weight: float
    on_hand: int
    listed: bool
    title: str
    reason: str | None
    limit: Decimal | None
    placed_at: datetime
    due: date
    customer_id: UUID


class Command(Protocol):
    product_id: UUID
    quantity: int
    unit_price: Decimal
    at: datetime
    line: OrderLine
    extra: OrderLine | None


ARGUMENTS = (UTC, OrderStatus)
"""
FUNCTION = """

def function_{number}({arguments}) -> {kind}:
    return {code}
"""
PARAMETERS = ", ".join(
    f"{name.lower()}: {name}"
    for name in ("Order", "Command", "Authorization", "Context", "Product")
)
ALSO_CHECKED = [
    ("title if reason is None else reason", "string"),
    ("reason is None or len(reason) > 3", "bool"),
    ("not (reason is None) and len(reason) > 3", "bool"),
    ("extra is not None and extra.note is not None and extra.note == title", "bool"),
    ("[x.note for x in lines if x.note is not None]", "list[string]"),
    ("reason if listed else None", "string?"),
    ("limit is None or total <= limit", "bool"),
    ("min(quantity, total, 1.5)", "decimal"),
    ("max(0.5, total)", "decimal"),
    ("round(total) + round(total, 2)", "decimal"),
    ("abs(on_hand) // 2 % 3", "int"),
    ("weight * 1.5 + sum([weight, 1])", "float"),
    ("total / quantity", "decimal"),
    ("quantity", "decimal?"),
    ("[1, 2.5]", "list[decimal]"),
    ("{'a': quantity}", "map[decimal]"),
    ("{}", "map[uuid, CartItem]"),
    ("[] if listed else lines", "list[OrderLine]"),
    ("[*lines, OrderLine(product_id=new_id(), quantity=1, unit_price=2)]", "list[OrderLine]"),
    ("sorted(x.quantity for x in lines)", "list[int]"),
    ("sorted(tags) == tags", "bool"),
    ("now().date() >= due", "bool"),
    ("reservations.get(product_id) == 3", "bool"),
    ("reservations.get(product_id, 0) + 1", "int"),
    ("quantity in reservations.values()", "bool"),
    ("'x' in title and 'x' in tags", "bool"),
    ("title == 'a' or title == 'b'", "bool"),
    ("sum(v for _, v in reservations.items())", "int"),
    ("{a.product_id: a.quantity for a in lines}", "map[uuid, int]"),
]
PYTHON_TYPES = {
    "bool": "bool",
    "string": "str",
    "decimal": "Decimal",
    "OrderStatus": "OrderStatus",
    "uuid": "UUID",
}


def _annotation(kind: t.Type) -> str:
    match kind:
        case t.OptionalType(item=item):
            return f"{_annotation(item)} | None"
        case t.ListType(item=item):
            return f"Sequence[{_annotation(item)}]"
        case t.MapType(key=key, value=value):
            return f"Mapping[{_annotation(key)}, {_annotation(value)}]"
        case _:
            return PYTHON_TYPES.get(str(kind), str(kind))


@pytest.fixture(scope="module")
def module(compiled: Compiled, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A module with a function for every expression."""
    sources = {(source, expected) for source, expected, _ in CASES} | set(ALSO_CHECKED)
    code = HEADER.lstrip()
    for number, (source, expected) in enumerate(sorted(sources)):
        expression = compiled(source, expected)
        emitted = emit(expression, PREFIXES, rows=ROWS)
        code += FUNCTION.format(
            number=number, arguments=PARAMETERS, kind=_annotation(expression.type), code=emitted
        )
    path = tmp_path_factory.mktemp("emitted") / "emitted.py"
    path.write_text(code)
    return path


def _run(*command: str) -> str:
    done = subprocess.run([sys.executable, "-m", *command], capture_output=True, text=True)
    return "" if done.returncode == 0 else done.stdout + done.stderr


def test_a_strict_type_checker_accepts_it(module: Path) -> None:
    assert not _run("mypy", "--strict", "--no-incremental", "--cache-dir=/dev/null", str(module))


def test_the_linter_accepts_it(module: Path) -> None:
    rules = "E,F,I,UP,B,SIM,RUF,N,PT,C4,PIE,RET"
    options = ["--isolated", "--target-version=py311", "--line-length=300", "--no-cache"]
    assert not _run("ruff", "check", f"--select={rules}", *options, str(module))


def test_the_formatter_leaves_it_alone(module: Path) -> None:
    assert not _run("ruff", "format", "--isolated", "--line-length=300", "--diff", str(module))
