"""The values in the samples of the reference, and their notation."""

from __future__ import annotations

from datetime import UTC, date, datetime
from decimal import Decimal
from uuid import UUID

from meshgen.spec.declarations import Enum, Field, ValueObject
from meshgen.spec.expressions import Scope, Variable, compile_expression
from meshgen.spec.expressions.evaluate import evaluate
from meshgen.spec.expressions.values import Bindings, EnumValue, Record, Value
from meshgen.spec.type_notation import parse_type

_LINE = ValueObject(
    name="Line",
    fields=tuple(
        Field(name=name, type=parse_type(kind, {}))
        for name, kind in (("book_id", "uuid"), ("quantity", "int"), ("unit_price", "decimal"))
    ),
)
_STATUS = Enum(name="OrderStatus", members=("placed", "confirmed", "cancelled"))
_TYPES: dict[str, Enum | ValueObject] = {"Line": _LINE, "OrderStatus": _STATUS}
_NOW = datetime(2026, 3, 2, 9, 30, tzinfo=UTC)


def _line(book: int, quantity: int, price: str) -> Record:
    fields = (("book_id", UUID(int=book)), ("quantity", quantity), ("unit_price", Decimal(price)))
    return Record("Line", fields)


_VALUES: tuple[tuple[str, str, Value], ...] = (
    ("customer_id", "uuid", UUID(int=7)),
    ("title", "string", "Emma"),
    ("note", "string?", None),
    ("count", "int", 7),
    ("total", "decimal", Decimal("34.80")),
    ("status", "OrderStatus", EnumValue("OrderStatus", "placed")),
    ("placed_at", "datetime", datetime(2026, 3, 1, 18, 0, tzinfo=UTC)),
    ("lines", "list[Line]", [_line(1, 2, "9.90"), _line(2, 3, "5.00")]),
    ("stock", "map[int]", {"Emma": 3, "Persuasion": 0}),
)
SCOPE = Scope(
    variables={
        name: Variable("state", name, parse_type(kind, _TYPES)) for name, kind, _ in _VALUES
    },
    types=_TYPES,
    impure=True,
)


def value_of(source: str) -> str:
    """Evaluate an expression for the reference."""
    bindings = Bindings(values={"state": {name: value for name, _, value in _VALUES}})
    expression = compile_expression(source, SCOPE)
    return shown(evaluate(expression, bindings, now=_NOW, new_id=lambda: UUID(int=1)))


def shown(value: Value) -> str:
    """Format a value as in an expression."""
    match value:
        case str():
            return f'"{value}"'
        case EnumValue(member=member):
            return member
        case Record(type=name, fields=fields):
            return f"{name}({', '.join(f'{key}={shown(field)}' for key, field in fields)})"
        case list():
            return f"[{', '.join(map(shown, value))}]"
        case dict():
            return f"{{{', '.join(f'{shown(k)}: {shown(v)}' for k, v in value.items())}}}"
        case UUID():
            return f"...{value.hex[-1:]}"
        case datetime():
            return value.isoformat().replace("+00:00", "Z")
        case date():
            return value.isoformat()
        case _:
            return str(value)


SHOWN = "\n".join(f"{name}: {kind} = {shown(value)}" for name, kind, value in _VALUES)
