"""Checked expressions: their syntax tree, names and types."""

from __future__ import annotations

import ast
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal, TypeAlias

from meshgen.spec.declarations import Enum, ValueObject
from meshgen.spec.diagnostics import NOWHERE, Position
from meshgen.spec.types import EnumType, Type


class ExpressionError(Exception):
    """An invalid expression; `offset` counts characters of the source from 0."""

    def __init__(self, message: str, offset: int, hint: str | None = None) -> None:
        super().__init__(message)
        self.message = message
        self.offset = offset
        self.hint = hint


@dataclass(frozen=True, slots=True)
class View:
    """An iterable that is not a value: `items.values()`, a generator.

    `pair` is the type of the value when every item is a pair of key and value (`items.items()`).
    """

    item: Type
    pair: Type | None = None
    sized: bool = True

    def __str__(self) -> str:
        return f"view of {self.item}"


@dataclass(frozen=True, slots=True)
class Nothing:
    """The type of `None` without context."""

    def __str__(self) -> str:
        return "None"


NOTHING = Nothing()
Typed: TypeAlias = Type | View | Nothing


Origin: TypeAlias = Literal[
    "input", "state", "event", "row", "answer", "item", "name", "caller", "failure"
]


@dataclass(frozen=True, slots=True)
class Variable:
    """A name with a value.

    `kind` says where the value comes from: an "answer" is one of a port call, an "item" one of an
    `each` or a comprehension, a "name" one of a scenario
    and "caller" who sends its step.
    """

    kind: Origin
    name: str
    type: Type
    declared: Position = field(default=NOWHERE, compare=False, repr=False)


@dataclass(frozen=True, slots=True)
class ReplicaType:
    """A local copy of another service's aggregate, known by uuid: `products[product_id].listed`."""

    name: str
    fields: Mapping[str, Type]
    declared: Mapping[str, Position] = field(default_factory=dict, compare=False, repr=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class Scope:
    """What an expression may speak of.

    variables: bare names
    records: qualified names, `state.price`, `authorization.approved`
    replicas: `products[product_id].listed`
    types: the spec's enums and value objects by name
    impure: whether `now()` and `new_id()` may be called
    present: names (`price`, `state.price`, `line.note`) whose values are known not to be None
    ambiguous: bare names of two records, with these: only a qualified name tells which is meant
    """

    variables: Mapping[str, Variable] = field(default_factory=dict)
    records: Mapping[str, Mapping[str, Variable]] = field(default_factory=dict)
    replicas: Mapping[str, ReplicaType] = field(default_factory=dict)
    types: Mapping[str, Enum | ValueObject] = field(default_factory=dict)
    impure: bool = False
    present: frozenset[str] = frozenset()
    ambiguous: Mapping[str, tuple[str, str]] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Access:
    """A variable's value; `record` is what qualifies it (`state` in `state.price`)."""

    variable: Variable
    record: str | None = None


@dataclass(frozen=True, slots=True)
class Member:
    """A member of an enum."""

    enum: EnumType
    member: str


@dataclass(frozen=True, slots=True)
class Lookup:
    """A row of a replica; stands at the subscript `products[product_id]`."""

    replica: ReplicaType
    key: ast.expr


@dataclass(frozen=True, slots=True)
class Construction:
    """A call that makes a value object."""

    object: ValueObject


Ref: TypeAlias = Access | Member | Lookup | Construction


@dataclass(frozen=True, slots=True, kw_only=True)
class Expression:
    """A checked expression; two are equal when they read the same and give the same type.

    types: the type of every part
    refs: what every name stands for (names, qualified names, replica subscripts, constructor calls)
    conversions: the parts of type int that stand where a decimal or a float is expected
    narrowed: the parts whose value may be missing in general, and is known to be there here
    """

    source: str
    type: Type
    tree: ast.expr = field(compare=False, repr=False)
    types: Mapping[ast.AST, Typed] = field(compare=False, repr=False)
    refs: Mapping[ast.AST, Ref] = field(compare=False, repr=False)
    conversions: Mapping[ast.AST, Type] = field(compare=False, repr=False)
    narrowed: frozenset[ast.AST] = field(default=frozenset(), compare=False, repr=False)
