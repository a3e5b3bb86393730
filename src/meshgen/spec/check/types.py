"""Types and fields: what a notation stands for, whether limits and defaults fit."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import replace
from typing import Any

from meshgen.spec.check.context import Check, Fields
from meshgen.spec.check.defaults import read_default
from meshgen.spec.check.kinds import bare, parts
from meshgen.spec.check.limits import read_limits
from meshgen.spec.draft import FieldDraft, TypeDraft
from meshgen.spec.model import Enum, Field, ValueObject
from meshgen.spec.tree import Node, Scalar
from meshgen.spec.typenames import TypeNameError, parse_type
from meshgen.spec.types import DATE, DATETIME, STRING, UUID, MapType, ObjectType, Type

_NO_DEFAULT_IN_MESSAGES = (DATE, DATETIME, UUID)  # a default of their schemas is a JSON value


def declare_types(check: Check, drafts: Iterable[TypeDraft]) -> None:
    """Fill `check.types`: first every name, so that value objects may speak of each other."""
    objects = []
    for draft in drafts:
        name = draft.name.text
        if draft.members:
            members = tuple(member.text for member in draft.members)
            check.types[name] = Enum(name=name, members=members, at=draft.name.at)
        elif draft.fields:
            check.types[name] = ValueObject(name=name, fields=(), at=draft.name.at)
            objects.append(draft)
        else:
            check.broken_types.add(name)
    for draft in objects:
        fields = resolve_fields(check, draft.fields or (), maps="string")
        if fields.broken:
            check.broken_types.add(draft.name.text)
        check.types[draft.name.text] = ValueObject(
            name=draft.name.text, fields=tuple(fields), at=draft.name.at
        )
    for draft in objects:
        _refuse_endless(check, draft)


def _refuse_endless(check: Check, draft: TypeDraft) -> None:
    """A value object that holds itself, at any depth, could never be finished."""
    seen: set[str] = set()
    todo = [draft.name.text]
    while todo:
        declared = check.types.get(todo.pop())
        for field_ in declared.fields if isinstance(declared, ValueObject) else ():
            if not isinstance(field_.type, ObjectType) or field_.type.name in seen:
                continue
            if field_.type.name == draft.name.text:
                hint = f"`{draft.name}?` or `list[{draft.name}]` may be empty"
                check.error(
                    draft.name.at, f"every `{draft.name}` would hold another `{draft.name}`", hint
                )
                check.broken_types.add(draft.name.text)
                return
            seen.add(field_.type.name)
            todo.append(field_.type.name)


def resolve_fields(
    check: Check,
    drafts: Iterable[FieldDraft],
    *,
    maps: str,
    sent: bool = True,
    partial: bool = False,
) -> Fields:
    """The fields that `drafts` declare; `maps`: "any" keys in a state, "string" in what is JSON.

    sent: whether they are part of messages, whose defaults stand in a schema
    """
    known: dict[str, Field] = {}
    broken: set[str] = set()
    for draft in drafts:
        type_ = _type(check, draft, maps)
        if type_ is None:
            broken.add(draft.name.text)
        else:
            known[draft.name.text] = _field(check, draft, type_, sent)
    return Fields(known, frozenset(broken), partial)


def _type(check: Check, draft: FieldDraft, maps: str) -> Type | None:
    if draft.type is None:
        return None
    try:
        found = parse_type(draft.type.text, check.types)
    except TypeNameError as error:
        mentioned = set(re.findall(r"[A-Za-z_][A-Za-z0-9_]*", draft.type.text))
        if check.knows("types") and not mentioned & check.broken_types:
            check.error(draft.type.inside(error.offset), error.message, error.hint)
        return None
    if maps == "string" and any(isinstance(t, MapType) and t.key != STRING for t in parts(found)):
        hint = "what is sent is JSON, whose keys are strings: `map[T]`, or a list of value objects"
        check.error(draft.type.at, f"`{found}` cannot be sent", hint)
        return None
    return found


def _field(check: Check, draft: FieldDraft, type_: Type, sent: bool) -> Field:
    limits: dict[str, Any] = read_limits(check, draft.limits, bare(type_))
    field = Field(name=draft.name.text, type=type_, at=draft.name.at, **limits)
    if draft.default is None:
        return field
    refused = _NO_DEFAULT_IN_MESSAGES if sent else (UUID,)
    if bare(type_) in refused and not _is_nothing(draft.default):
        where = " in a message" if bare(type_) != UUID else ""
        hint = "let it be given, or make it optional"
        check.error(draft.default.at, f"a `{bare(type_)}`{where} has no default", hint)
        return replace(field, default=None)
    return replace(field, default=read_default(check, draft.default, field))


def _is_nothing(node: Node) -> bool:
    return isinstance(node, Scalar) and node.value is None
