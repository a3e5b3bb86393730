"""Defaults of fields: conversion of YAML values to the field's type."""

from __future__ import annotations

import datetime
from collections.abc import Callable
from decimal import Decimal

from meshgen import patterns
from meshgen.spec.analysis.context import Check
from meshgen.spec.analysis.index import Place
from meshgen.spec.analysis.kinds import bare
from meshgen.spec.expressions.decimals import decimal
from meshgen.spec.expressions.values import moment
from meshgen.spec.grammar.limits import MAX_LEAST_LENGTH, MAX_NUMBER
from meshgen.spec.model import MISSING, Field
from meshgen.spec.types import (
    BOOL,
    DATE,
    DATETIME,
    DECIMAL,
    FLOAT,
    INT,
    STRING,
    EnumType,
    ListType,
    MapType,
    ObjectType,
    OptionalType,
    Type,
)
from meshgen.spec.types import Scalar as ScalarType
from meshgen.spec.yaml.tree import Broken, Mapping, Node, Scalar, Sequence, shape


def read_default(check: Check, node: Node, field: Field) -> object:
    """Return the default as a Python value of the field's type; None if there is a finding."""
    if isinstance(node, Broken):
        return None
    if isinstance(node, Scalar) and node.value is None and isinstance(field.type, OptionalType):
        return None
    value = _value(node, bare(field.type))
    if isinstance(of := bare(field.type), EnumType) and isinstance(node, Scalar):
        check.uses_member(Place(node.text, node.at), of.name)
    if value is MISSING:
        hint = _default_hint(field.type)
        check.error(node.at, f"the default of `{field.name}` cannot be {shape(node)}", hint)
        return None  # there is a default, only not a good one
    if fault := _breaks(value, field):
        check.error(node.at, f"the default of `{field.name}` violates its limit {fault}")
    return value


def _default_hint(type_: Type) -> str:
    of = bare(type_)
    if isinstance(of, EnumType):
        return "one of " + ", ".join(f"`{member}`" for member in of.members)
    if isinstance(of, ListType):
        return "the only default for a list is `[]`"
    if isinstance(of, MapType):
        return "the only default for a map is `{}`"
    if isinstance(of, ObjectType):
        return f"`{of.name}` has no defaults: add them to its fields, or make it optional"
    return "use `true` or `false`" if of == BOOL else f"use {_FORMS.get(of, f'a `{of}`')}"


_FORMS: dict[Type, str] = {
    DATE: "a `date`, such as `2026-03-01`",
    DATETIME: "a `datetime` of the years 1 to 9999 in UTC, such as `2026-03-01T12:00:00Z`",
    INT: f"an `int` from {-MAX_NUMBER} to {MAX_NUMBER}",
    FLOAT: f"a `float` from {-MAX_NUMBER} to {MAX_NUMBER}",
    DECIMAL: f"a `decimal` from {-MAX_NUMBER} to {MAX_NUMBER}",
    STRING: f"a printable `string` of at most {MAX_LEAST_LENGTH} characters",
}


def _value(node: Node, type_: Type) -> object:
    """Convert `node` to a value of `type_`; `MISSING` if it is not one."""
    if isinstance(type_, ListType):
        return () if isinstance(node, Sequence) and not node.items else MISSING
    if isinstance(type_, MapType):
        return {} if isinstance(node, Mapping) and not node.entries else MISSING
    if not isinstance(node, Scalar):
        return MISSING
    if isinstance(type_, EnumType):
        return node.text if node.text in type_.members else MISSING
    if isinstance(type_, ScalarType):
        return _scalar_value(node, type_)
    return MISSING


_PARSERS: dict[str, Callable[[str], object]] = {
    "date": datetime.date.fromisoformat,
    "datetime": moment,
}


def _scalar_value(node: Scalar, type_: ScalarType) -> object:
    value = node.value
    if type_.name == "bool":
        return value if isinstance(value, bool) else MISSING
    if type_.name == "string":
        fits = isinstance(value, str) and value.isprintable() and len(value) <= MAX_LEAST_LENGTH
        return value if fits else MISSING
    if type_.name in _PARSERS:
        try:
            return _PARSERS[type_.name](node.text)
        except ValueError:
            return MISSING
    if isinstance(value, bool) or not isinstance(value, int | float | Decimal):
        return MISSING
    if not -MAX_NUMBER <= value <= MAX_NUMBER:
        return MISSING
    if type_ == INT:
        return value if isinstance(value, int) else MISSING
    return decimal(value) if type_ == DECIMAL else float(value)


def _breaks(value: object, field: Field) -> str | None:
    """Return the limit that `value` violates, if any."""
    if isinstance(value, int | float | Decimal) and not isinstance(value, bool):
        if field.min is not None and value < field.min:
            return f"`min: {field.min}`"
        if field.max is not None and value > field.max:
            return f"`max: {field.max}`"
    if isinstance(value, str):
        if field.min_length is not None and len(value) < field.min_length:
            return f"`min_length: {field.min_length}`"
        if field.max_length is not None and len(value) > field.max_length:
            return f"`max_length: {field.max_length}`"
        if field.pattern is not None and not patterns.matches(field.pattern, value):
            return "`pattern`"
    if isinstance(value, tuple | dict) and field.min_items:
        return f"`min_items: {field.min_items}`"
    return None
