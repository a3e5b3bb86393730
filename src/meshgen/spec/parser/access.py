"""Who has access, and what is filled with the caller: `roles` and `input`."""

from __future__ import annotations

from dataclasses import replace

from meshgen.spec import grammar
from meshgen.spec.grammar.names import ROLE
from meshgen.spec.grammar.values import REACH
from meshgen.spec.parser.fields import read_fields
from meshgen.spec.parser.reading import Reading
from meshgen.spec.syntax import FieldSyntax, ReadSyntax, RoleSyntax, Word
from meshgen.spec.yaml.tree import Mapping, Node, Scalar, Sequence
from meshgen.unicode import printable

PUBLIC = "public"
CALLER = "caller"


def read_roles(reading: Reading, node: Node | None) -> tuple[RoleSyntax, ...] | None:
    """Read `roles: [merchant]` or `roles: {customer: own, merchant: any}`; None if missing."""
    if node is None:
        return None
    if isinstance(node, Sequence) and not node.items:
        reading.error(node.at, "`roles` is empty", "list the roles, or leave the key out")
    if isinstance(node, Mapping):
        return _with_reach(reading, node)
    roles = reading.words(node, "a role")
    return tuple(RoleSyntax(reading.checked(role, ROLE, "a role")) for role in roles)


def read_reading(reading: Reading, node: Node | None) -> ReadSyntax | None:
    """Read `read: none`, or `read: {roles: {customer: own, officer: any}}`; None if missing."""
    if node is None:
        return None
    if isinstance(node, Scalar):
        found = reading.choice(node, "`read`", grammar.READ_NOBODY.words)
        return ReadSyntax(()) if found else None
    values = reading.keyed(node, grammar.READ)
    roles = read_roles(reading, values.get("roles"))
    fields = reading.words(values.get("fields"), "a field of `fields`")
    return None if roles is None else ReadSyntax(roles, fields)


def read_input(
    reading: Reading, node: Node | None
) -> tuple[tuple[FieldSyntax, ...], tuple[Word, ...]]:
    """Read the `input` of a command, and which of its fields are the `caller`, a `uuid`."""
    fields, from_caller = [], []
    for field in read_fields(reading, node, "`input`"):
        if field.type is not None and field.type.text == CALLER:
            from_caller.append(field.name)
            field = replace(field, type=Scalar("uuid", "uuid", field.type.at))
        fields.append(field)
    return tuple(fields), tuple(from_caller)


def read_query_roles(
    reading: Reading, node: Node | None
) -> tuple[tuple[RoleSyntax, ...] | None, Word | None]:
    """Read the `roles` of a query, or the word in `roles: public`."""
    if isinstance(node, Scalar) and node.text == PUBLIC:
        return None, Word(node.text, node.at)
    return read_roles(reading, node), None


def read_declared_roles(reading: Reading, node: Node | None) -> tuple[Word, ...] | None:
    """Read the section `roles: [customer, officer]`; None if missing."""
    roles = read_roles(reading, None if isinstance(node, Mapping) else node)
    if isinstance(node, Mapping):
        reading.items(node, "`roles`")
    return None if roles is None else tuple(role.name for role in roles)


def _with_reach(reading: Reading, node: Mapping) -> tuple[RoleSyntax, ...]:
    if not node.entries:
        reading.error(node.at, "`roles` is empty", "list the roles, or leave the key out")
    found = []
    for entry in node.entries:
        role = reading.name(entry.key, ROLE, "a role")
        what = f"what `{printable(role.text)}` has access to"
        found.append(RoleSyntax(role, reading.choice(entry.value, what, REACH.words)))
    return tuple(found)
