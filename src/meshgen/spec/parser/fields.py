"""Fields and types: `quantity: {type: int, min: 1}`, `OrderStatus: [placed, shipped]`."""

from __future__ import annotations

from collections import abc

from meshgen.spec import grammar
from meshgen.spec.grammar import kinds
from meshgen.spec.grammar.limits import MAX_FIELDS, MAX_MEMBERS, MAX_TYPES
from meshgen.spec.grammar.names import CLASS, FIELD, MEMBER, field_fault
from meshgen.spec.grammar.values import LIMITS
from meshgen.spec.parser.reading import Reading
from meshgen.spec.syntax import FieldSyntax, MemberSyntax, TypeSyntax, Word
from meshgen.spec.yaml.tree import Broken, Entry, Mapping, Node, Scalar, Sequence, shape
from meshgen.unicode import printable

FORMER = "renamed_from"


def read_types(reading: Reading, node: Node | None) -> tuple[TypeSyntax, ...]:
    """The section `types`."""
    named = tuple(reading.named(node, "types", kinds.TYPE))
    if len(named) > MAX_TYPES:
        message = f"there are {len(named)} types"
        hint = f"use at most {MAX_TYPES}: `types` is for what several services share"
        reading.error(named[MAX_TYPES][0].at, message, hint)
        reading.lose("types")
    return tuple(_type(reading, name, body) for name, body in named[:MAX_TYPES])


def _type(reading: Reading, name: Word, body: Node) -> TypeSyntax:
    if isinstance(body, Sequence):
        members = _members(reading, name, body)
        return TypeSyntax(name=name, members=members)
    if isinstance(body, Mapping) and isinstance(listed := _value(body, "enum"), Sequence):
        values = reading.keyed(body, grammar.ENUM, name.at)
        return TypeSyntax(
            name=name,
            members=_members(reading, name, listed),
            renamed_from=reading.former(values.get(FORMER), CLASS),
        )
    if isinstance(body, Mapping) and body.entries:
        fields = Mapping(tuple(e for e in body.entries if e.key.text != FORMER), body.at)
        return TypeSyntax(
            name=name,
            fields=read_fields(reading, fields, f"`{name}`"),
            renamed_from=reading.former(_value(body, FORMER), CLASS),
        )
    if not isinstance(body, Broken):
        found = "has no fields" if isinstance(body, Mapping) else f"is {shape(body)}"
        hint = "write a list `[placed, shipped]` for an enum, `{price: decimal}` for a value object"
        reading.error(body.at, f"`{printable(name.text)}` {found}", hint)
    return TypeSyntax(name=name)


def _value(body: Mapping, key: str) -> Node | None:
    return next((entry.value for entry in body.entries if entry.key.text == key), None)


def _members(reading: Reading, name: Word, body: Sequence) -> tuple[MemberSyntax, ...]:
    """The members of an enum; none if one of them is wrong, so that nothing follows from that."""
    if not body.items:
        reading.error(body.at, f"`{printable(name.text)}` has no members")
    if len(body.items) > MAX_MEMBERS:
        hint = (
            "what there are so many of is data: keep it in an aggregate, and refer to it by an id"
        )
        message = (
            f"`{printable(name.text)}` has {len(body.items)} members; the most are {MAX_MEMBERS}"
        )
        reading.error(body.items[MAX_MEMBERS].at, message, hint)
        return ()
    members: list[MemberSyntax] = []
    sound = True
    for item in body.items:
        member = _member(reading, name, item)
        if member is None:
            continue
        sound = sound and not MEMBER.fault(member.name.text, "a member")
        if any(other.name.text == member.name.text for other in members):
            reading.error(item.at, f"`{member.name}` is a duplicate")
        else:
            members.append(member)
    return tuple(members) if sound else ()


def _member(reading: Reading, of: Word, item: Node) -> MemberSyntax | None:
    """`placed`, or `{name: sent, renamed_from: shipped}`."""
    if isinstance(item, Scalar):
        return MemberSyntax(reading.name(item, MEMBER, "a member"))
    if isinstance(item, Mapping):
        values = reading.keyed(item, grammar.MEMBER)
        name = reading.word(values.get("name"), "a member's `name`")
        former = reading.former(values.get(FORMER), MEMBER)
        return MemberSyntax(reading.checked(name, MEMBER, "a member"), former) if name else None
    if not isinstance(item, Broken):
        reading.error(item.at, f"a member of `{of}` cannot be {shape(item)}", "write a name")
    return None


def read_fields(reading: Reading, node: Node | None, what: str) -> tuple[FieldSyntax, ...]:
    """A mapping of field names to types."""
    if node is None:
        return ()
    return field_entries(reading, reading.entries(node, what, "`{name: type}`"), what)


def field_entries(
    reading: Reading, entries: abc.Sequence[Entry], of: str
) -> tuple[FieldSyntax, ...]:
    """Read the fields in `entries`; after an invalid name the fields of `of` are incomplete."""
    if len(entries) > MAX_FIELDS:
        message = f"{of} has {len(entries)} fields"
        hint = f"use at most {MAX_FIELDS}: group some in value objects, or split what they describe"
        reading.error(entries[MAX_FIELDS].key.at, message, hint)
        reading.lose(of)
        entries = entries[:MAX_FIELDS]
    for entry in entries:
        if fault := field_fault(entry.key.text):
            reading.error(entry.key.at, *fault)
            reading.lose(of)
    return tuple(_field(reading, entry) for entry in entries)


def _field(reading: Reading, entry: Entry) -> FieldSyntax:
    name = Word(entry.key.text, entry.key.at)
    if isinstance(entry.value, Scalar):
        return FieldSyntax(
            name=name, type=reading.text(entry.value, f"the type of `{printable(name.text)}`")
        )
    if isinstance(entry.value, Sequence):
        hint = 'write a list as `"list[T]"`, with quotes; declare an enum under `types`'
        reading.error(entry.value.at, f"the type of `{printable(name.text)}` is a list", hint)
        return FieldSyntax(name=name, type=None)
    return _long_form(reading, name, entry.value)


def _long_form(reading: Reading, name: Word, node: Node) -> FieldSyntax:
    if isinstance(node, Broken):
        return FieldSyntax(name=name, type=None)
    if (
        isinstance(node, Mapping)
        and node.entries
        and all(e.key.text not in grammar.FIELD.names for e in node.entries)
    ):
        hint = "write `type` or `{type: ..., min: ...}`; declare value objects under `types`"
        reading.error(node.at, f"`{printable(name.text)}` is a mapping without a `type`", hint)
        return FieldSyntax(name=name, type=None)
    values = reading.keyed(node, grammar.FIELD, name.at)
    limits: dict[str, Scalar] = {}
    for key in LIMITS:
        value = values.get(key)
        if isinstance(value, Scalar):
            limits[key] = value
        elif value is not None and not isinstance(value, Broken):
            reading.error(
                value.at,
                f"`{key}` cannot be {shape(value)}",
                "write a string" if key == "pattern" else "write a number",
            )
    kind = reading.text(values.get("type"), f"the type of `{printable(name.text)}`")
    return FieldSyntax(
        name=name,
        type=kind,
        limits=limits,
        default=values.get("default"),
        renamed_from=reading.former(values.get(FORMER), FIELD),
    )
