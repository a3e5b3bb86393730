"""Resolution of names: variables, members of enums, fields."""

from __future__ import annotations

import ast
from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING

from meshgen.spec.declarations import Enum, ValueObject
from meshgen.spec.expressions.model import Access, ExpressionError, Lookup, Member, Typed
from meshgen.spec.expressions.relations import bare, described
from meshgen.spec.expressions.syntax import closest
from meshgen.spec.types import UUID, EnumType, ObjectType, Type

if TYPE_CHECKING:
    from meshgen.spec.expressions.checker import Checker

_PYTHON = {"true": "True", "false": "False", "null": "None", "none": "None", "nil": "None"}


def name(checker: Checker, node: ast.Name, want: Typed | None) -> Typed:
    """A variable of the comprehension, a member of the wanted enum, a variable of the scope."""
    variable = checker.items.get(node.id) or checker.scope.variables.get(node.id)
    wanted = bare(want)
    named_so = variable is not None and bare(variable.type) == wanted
    if isinstance(wanted, EnumType) and node.id in wanted.members and not named_so:
        checker.refs[node] = Member(wanted, node.id)
        return wanted
    if variable is None:
        raise _unknown(checker, node, wanted)
    if node.id in checker.scope.ambiguous and node.id not in checker.items:
        one, other = checker.scope.ambiguous[node.id]
        hint = f"write `{one}.{node.id}` or `{other}.{node.id}`"
        message = f"`{node.id}` is a field of the {one} and of the {other}"
        raise checker.error(node, message, hint)
    checker.refs[node] = Access(variable)
    return variable.type


def attribute(checker: Checker, node: ast.Attribute, want: Typed | None) -> Typed:
    """A qualified name, a field of a replica's row, a field of a value object."""
    if isinstance(node.value, ast.Name):
        found = _qualified(checker, node, node.value)
        if found is not None:
            return found
    if isinstance(node.value, ast.Subscript) and isinstance(node.value.value, ast.Name):
        replica = row(checker, node.value)
        if replica is not None:
            fields = replica.replica.fields
            return _field(checker, node, fields, f"the copies `{node.value.value.id}` hold")
    owner = checker.value(node.value)
    if isinstance(owner, ObjectType):
        declared = checker.scope.types.get(owner.name)
        own = declared.fields if isinstance(declared, ValueObject) else ()
        fields = {field.name: field.type for field in own}
        return _field(checker, node, fields, f"{described(owner)} has")
    raise error_at(
        checker,
        node,
        f"{described(owner)} has no field `{node.attr}`",
        _method_hint(checker, node.attr),
    )


def row(checker: Checker, node: ast.Subscript) -> Lookup | None:
    """Return what `products[product_id]` looks up, None when that is not a replica."""
    if not isinstance(node.value, ast.Name) or known(checker, node.value.id):
        return None
    replica = checker.scope.replicas.get(node.value.id)
    if replica is None:
        return None
    key = checker.value(node.slice, UUID)
    if key != UUID:
        message = f"`{node.value.id}` is known by uuid, `{checker.text(node.slice)}` is "
        raise checker.error(node.slice, message + described(key))
    lookup = Lookup(replica, node.slice)
    checker.refs[node] = lookup
    return lookup


def known(checker: Checker, name: str) -> bool:
    """Tell whether `name` is a variable."""
    return name in checker.items or name in checker.scope.variables


def visible(checker: Checker) -> set[str]:
    """Return every defined name, for hints and to prevent shadowing."""
    scope = checker.scope
    names: set[str] = {*checker.items, *scope.variables, *scope.records, *scope.replicas}
    return names | set(checker.functions)


def _qualified(checker: Checker, node: ast.Attribute, record: ast.Name) -> Type | None:
    fields = checker.scope.records.get(record.id)
    if fields is None or record.id in checker.items:
        return None
    variable = fields.get(node.attr)
    if variable is not None:
        checker.refs[node] = Access(variable, record.id)
        return variable.type
    if record.id in checker.scope.variables:
        return None
    raise _no_field(checker, node, fields, f"`{record.id}` has")


def _field(checker: Checker, node: ast.Attribute, fields: Mapping[str, Type], owner: str) -> Type:
    found = fields.get(node.attr)
    if found is None:
        raise _no_field(checker, node, fields, owner)
    return found


def _no_field(
    checker: Checker, node: ast.Attribute, fields: Iterable[str], owner: str
) -> ExpressionError:
    hint = closest(node.attr, fields)
    if hint is None and fields:
        hint = f"there is {', '.join(f'`{field}`' for field in fields)}"
    return error_at(checker, node, f"{owner} no `{node.attr}`", hint)


def error_at(
    checker: Checker, node: ast.Attribute, message: str, hint: str | None
) -> ExpressionError:
    """Return the error that points at the part after the dot."""
    return ExpressionError(message, int(node.end_col_offset or 0) - len(node.attr), hint)


def _method_hint(checker: Checker, attr: str) -> str | None:
    return f"write `.{attr}()`" if attr in checker.method_names else None


def _proposal(checker: Checker, node: ast.Name) -> str | None:
    """A hint with a name that can stand here: a record before `.`, a replica before `[`."""
    if node.id == "caller":
        return "the rules, calls and events of a command know the caller: put it into the event"
    rest = checker.source[node.end_col_offset :].lstrip()
    known = {*checker.items, *checker.scope.variables}
    known |= checker.scope.records.keys() if rest.startswith(".") else set()
    known |= checker.scope.replicas.keys() if rest.startswith("[") else set()
    return closest(node.id, known)


def _unknown(checker: Checker, node: ast.Name, wanted: Typed | None) -> ExpressionError:
    name = node.id
    if name in _PYTHON:
        return checker.error(node, f"`{name}` is not known here", f"write `{_PYTHON[name]}`")
    if name in checker.scope.records:
        return checker.error(
            node, f"`{name}` is not a value by itself", f"write `{name}.` and a field"
        )
    if name in checker.scope.replicas:
        hint = f"write `{name}[...]` with the id, and a field"
        return checker.error(node, f"`{name}` is not a value by itself", hint)
    if name in checker.functions:
        return checker.error(node, f"`{name}` is a function", f"write `{name}(...)`")
    if isinstance(wanted, EnumType):
        near = closest(name, {*wanted.members, *checker.items, *checker.scope.variables})
        hint = near or f"use one of {', '.join(f'`{member}`' for member in wanted.members)}"
        return checker.error(node, f"`{name}` is not a member of {wanted}", hint)
    if name in checker.scope.types:
        return checker.error(node, f"`{name}` is a type, not a value")
    for kind in checker.scope.types.values():
        if isinstance(kind, Enum) and name in kind.members:
            hint = f"it is a member of {kind.name}, but no {kind.name} is expected here"
            return checker.error(node, f"`{name}` is not known here", hint)
    return checker.error(node, f"`{name}` is not known here", _proposal(checker, node))
