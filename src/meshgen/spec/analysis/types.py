"""Types and fields: what a notation stands for, whether limits and defaults fit."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import replace
from typing import Any

from meshgen.spec.analysis.context import Check, Fields
from meshgen.spec.analysis.defaults import read_default
from meshgen.spec.analysis.kinds import bare, parts
from meshgen.spec.analysis.limits import read_limits
from meshgen.spec.analysis.sizes import measure_types, refuse_large
from meshgen.spec.model import Enum, Field, ValueObject
from meshgen.spec.syntax import FieldSyntax, TypeSyntax, Word
from meshgen.spec.type_notation import TypeNameError, parse_type
from meshgen.spec.types import DATE, DATETIME, STRING, UUID, MapType, Type
from meshgen.spec.yaml.tree import Node, Scalar

_NO_DEFAULT_IN_MESSAGES = (DATE, DATETIME, UUID)  # a default of their schemas is a JSON value


def declare_types(check: Check, declarations: Iterable[TypeSyntax]) -> None:
    """Fill `check.types`: first every name, so that value objects may speak of each other."""
    objects = []
    for syntax in declarations:
        name = syntax.name.text
        if syntax.members:
            check.types[name] = Enum(
                name=name,
                members=tuple(member.name.text for member in syntax.members),
                former={
                    member.name.text: member.renamed_from.text
                    for member in syntax.members
                    if member.renamed_from
                },
                renamed_from=_text(syntax.renamed_from),
                at=syntax.name.at,
            )
        elif syntax.fields:
            check.types[name] = ValueObject(name=name, fields=(), at=syntax.name.at)
            objects.append(syntax)
        else:
            check.broken_types.add(name)
    for syntax in objects:
        fields = _fields(check, syntax.fields or (), maps="string")
        if fields.broken:
            check.broken_types.add(syntax.name.text)
        check.types[syntax.name.text] = ValueObject(
            name=syntax.name.text,
            fields=tuple(fields),
            renamed_from=_text(syntax.renamed_from),
            at=syntax.name.at,
        )
    measure_types(check)


def _text(word: Word | None) -> str | None:
    return word.text if word else None


def resolve_fields(
    check: Check,
    declarations: Iterable[FieldSyntax],
    *,
    maps: str,
    sent: bool = True,
    partial: bool = False,
) -> Fields:
    """The fields that `declarations` say; `maps`: "any" keys in a state, "string" in what is JSON.

    sent: whether they are part of messages, whose defaults stand in a schema
    """
    fields = _fields(check, declarations, maps=maps, sent=sent, partial=partial)
    refuse_large(check, fields, "record")
    return fields


def _fields(
    check: Check,
    declarations: Iterable[FieldSyntax],
    *,
    maps: str,
    sent: bool = True,
    partial: bool = False,
) -> Fields:
    known: dict[str, Field] = {}
    broken: set[str] = set()
    for syntax in declarations:
        type_ = _type(check, syntax, maps)
        if type_ is None:
            broken.add(syntax.name.text)
        else:
            known[syntax.name.text] = _field(check, syntax, type_, sent)
    return Fields(known, frozenset(broken), partial)


def _type(check: Check, syntax: FieldSyntax, maps: str) -> Type | None:
    if syntax.type is None:
        return None
    try:
        found = parse_type(syntax.type.text, check.types)
    except TypeNameError as error:
        mentioned = set(re.findall(r"[A-Za-z_][A-Za-z0-9_]*", syntax.type.text))
        if check.knows("types") and not mentioned & check.broken_types:
            check.error(syntax.type.inside(error.offset), error.message, error.hint)
        return None
    if maps == "string" and any(isinstance(t, MapType) and t.key != STRING for t in parts(found)):
        hint = "keys in JSON are strings: use `map[T]`, or a list of value objects"
        check.error(syntax.type.at, f"`{found}` cannot be part of a message", hint)
        return None
    return found


def _field(check: Check, syntax: FieldSyntax, type_: Type, sent: bool) -> Field:
    limits: dict[str, Any] = read_limits(check, syntax.limits, bare(type_))
    field = Field(
        name=syntax.name.text,
        type=type_,
        renamed_from=_text(syntax.renamed_from),
        at=syntax.name.at,
        **limits,
    )
    if syntax.default is None:
        return field
    refused = _NO_DEFAULT_IN_MESSAGES if sent else (UUID,)
    if bare(type_) in refused and not _is_nothing(syntax.default):
        where = " in a message" if bare(type_) != UUID else ""
        hint = "remove the default, or make it optional"
        check.error(syntax.default.at, f"a `{bare(type_)}`{where} cannot have a default", hint)
        return replace(field, default=None)
    return replace(field, default=read_default(check, syntax.default, field))


def _is_nothing(node: Node) -> bool:
    return isinstance(node, Scalar) and node.value is None
