"""A small domain to write expressions about."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from meshgen.spec import types as t
from meshgen.spec.expressions import (
    Expression,
    ExpressionError,
    Origin,
    ReplicaType,
    Scope,
    Variable,
    compile_expression,
)
from meshgen.spec.model import Enum, Field, ValueObject
from meshgen.spec.type_notation import parse_type

TYPES: dict[str, Enum | ValueObject] = {
    "OrderStatus": Enum(name="OrderStatus", members=("placed", "confirmed", "shipped")),
    "OrderLine": ValueObject(
        name="OrderLine",
        fields=(
            Field(name="product_id", type=t.UUID),
            Field(name="quantity", type=t.INT),
            Field(name="unit_price", type=t.DECIMAL),
            Field(name="note", type=t.OptionalType(t.STRING), default=None),
        ),
    ),
    "CartItem": ValueObject(
        name="CartItem",
        fields=(Field(name="quantity", type=t.INT), Field(name="unit_price", type=t.DECIMAL)),
    ),
    "Address": ValueObject(
        name="Address",
        fields=(
            Field(name="street", type=t.STRING),
            Field(name="city", type=t.OptionalType(t.STRING)),
        ),
    ),
}
STATE = {
    "status": "OrderStatus",
    "last_status": "OrderStatus?",
    "lines": "list[OrderLine]",
    "items": "map[uuid, CartItem]",
    "reservations": "map[uuid, int]",
    "labels": "map[string]",
    "tags": "list[string]",
    "total": "decimal",
    "weight": "float",
    "on_hand": "int",
    "listed": "bool",
    "title": "string",
    "reason": "string?",
    "limit": "decimal?",
    "placed_at": "datetime",
    "due": "date",
    "customer_id": "uuid",
}
INPUT = {
    "product_id": "uuid",
    "quantity": "int",
    "unit_price": "decimal",
    "at": "datetime",
    "line": "OrderLine",
    "extra": "OrderLine?",
}


def variables(kind: Origin, fields: dict[str, str]) -> dict[str, Variable]:
    return {name: Variable(kind, name, parse_type(text, TYPES)) for name, text in fields.items()}


@pytest.fixture(scope="session")
def scope() -> Scope:
    """A command's scope: the input before the state, replicas and the answer of a port."""
    state, given = variables("state", STATE), variables("input", INPUT)
    return Scope(
        variables=state | given,
        records={
            "state": state,
            "input": given,
            "authorization": variables("answer", {"approved": "bool", "reason": "string"}),
        },
        replicas={"products": ReplicaType("Product", {"price": t.DECIMAL, "listed": t.BOOL})},
        types=TYPES,
        impure=True,
    )


@pytest.fixture(scope="session")
def compiled(scope: Scope) -> Callable[[str, str | None], Expression]:
    """Compile a source for a type given by its notation."""

    def compile_for(source: str, expected: str | None = None) -> Expression:
        kind = None if expected is None else parse_type(expected, TYPES)
        return compile_expression(source, scope, kind)

    return compile_for


@pytest.fixture(scope="session")
def refusal(scope: Scope) -> Callable[[str, str | None], tuple[int, str, str | None]]:
    """Return offset, message and hint of what is wrong with a source."""

    def refuse(source: str, expected: str | None = None) -> tuple[int, str, str | None]:
        kind = None if expected is None else parse_type(expected, TYPES)
        with pytest.raises(ExpressionError) as caught:
            compile_expression(source, scope, kind)
        return caught.value.offset, caught.value.message, caught.value.hint

    return refuse
