"""What the names of fields and members stand for, as the checks resolved them.

`rename` asks for it: the checks know what every name means, wherever it is written.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import TypeAlias

from meshgen.spec.diagnostics import Position
from meshgen.spec.expressions import Access, Construction, Expression, Lookup, Member, Variable
from meshgen.spec.model import Enum, ValueObject
from meshgen.spec.types import ObjectType
from meshgen.spec.yaml.tree import Scalar

Declared: TypeAlias = Position | tuple[str, str]
"""A field by the place where it is declared; a member by its enum and its name."""
Records: TypeAlias = Mapping[str, Mapping[str, Variable]]


@dataclass(frozen=True, slots=True)
class Place:
    """A name in a text.

    Attributes:
        at: A place in its scalar: that of the name, if the scalar stands on one line as it is.
        lead: How many characters of the scalar are before the name.
    """

    name: str
    at: Position
    lead: int = 0


@dataclass(frozen=True, slots=True)
class Use:
    """A name that stands for `of`.

    Attributes:
        record: What would qualify a bare name of an expression: `state` of `state.price`.
        records: Everything that is in scope there, by what qualifies it.
    """

    place: Place
    of: Declared
    record: str = ""
    records: Records = field(default_factory=dict, compare=False, repr=False)


@dataclass(frozen=True, slots=True)
class Fill:
    """A field that is filled without a word about it there.

    Attributes:
        site: The name of the event or command whose field it is, or which fills it.
        name: The field's name.
        target: The field.
        source: The field of the same name whose value it takes.
        record: What qualifies the source.
        records: Everything that is in scope there, by what qualifies it.
        inherited: The expression, where it is that of the step that is undone.
    """

    site: Position
    name: str
    target: Position
    source: Position | None = None
    record: str = ""
    records: Records = field(default_factory=dict, compare=False, repr=False)
    inherited: str | None = None


@dataclass(frozen=True, slots=True)
class Tie:
    """A field that is found by its name alone, and why."""

    at: Position
    of: Position
    message: str
    hint: str


@dataclass(slots=True)
class Index:
    """All of them, in the order of the checks."""

    uses: list[Use] = field(default_factory=list)
    fills: list[Fill] = field(default_factory=list)
    ties: list[Tie] = field(default_factory=list)


def uses_in(
    expression: Expression,
    source: Scalar,
    records: Records,
    types: Mapping[str, Enum | ValueObject],
) -> Iterator[Use]:
    """The fields and members that an expression mentions, which is written in `source`."""
    for node in ast.walk(expression.tree):
        for offset, name, of in _mentioned(expression, node, types):
            place = Place(name, source.inside(offset), source.lead + offset)
            found = expression.refs.get(node)
            kind = found.variable.kind if isinstance(found, Access) else ""
            bare = isinstance(node, ast.Name) and kind in records
            yield Use(place, of, kind if bare else "", records)


def _mentioned(
    expression: Expression, node: ast.AST, types: Mapping[str, Enum | ValueObject]
) -> Iterator[tuple[int, str, Declared]]:
    """Where a node names something, counted in characters, and what."""
    found = expression.refs.get(node)
    match node:
        case ast.Name(id=name, col_offset=start):
            if isinstance(found, Member):
                yield start, name, (found.enum.name, found.member)
            elif isinstance(found, Access):
                yield start, name, found.variable.declared
        case ast.Attribute(attr=name, end_col_offset=end):
            of = _field(expression, node, types)
            if of is not None:
                yield int(end or 0) - len(name), name, of
        case ast.Call(keywords=keywords) if isinstance(found, Construction):
            declared = {field.name: field.at for field in found.object.fields}
            for keyword in keywords:
                name = str(keyword.arg)
                yield keyword.col_offset, name, declared[name]


def _field(
    expression: Expression, node: ast.Attribute, types: Mapping[str, Enum | ValueObject]
) -> Position | None:
    """What `owner.name` is: a qualified name, a copied field, a field of a value object."""
    found = expression.refs.get(node)
    if isinstance(found, Access):
        return found.variable.declared
    row = expression.refs.get(node.value)
    if isinstance(row, Lookup):
        return row.replica.declared.get(node.attr)
    owner = expression.types.get(node.value)
    known = types.get(owner.name) if isinstance(owner, ObjectType) else None
    fields = known.fields if isinstance(known, ValueObject) else ()
    return next((field.at for field in fields if field.name == node.attr), None)
