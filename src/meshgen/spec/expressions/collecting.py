"""Lists and maps: displays, comprehensions, subscripts."""

from __future__ import annotations

import ast
import re
from typing import TYPE_CHECKING

from meshgen.spec.expressions import names, narrowing
from meshgen.spec.expressions.model import Typed, Variable, View
from meshgen.spec.expressions.relations import bare, described, item_of
from meshgen.spec.types import BOOL, INT, MAP_KEYS, ListType, MapType, OptionalType, Scalar, Type

if TYPE_CHECKING:
    from meshgen.spec.expressions.checker import Checker

_VARIABLE = re.compile(r"_|(?!l\Z)[a-z][a-z0-9_]*")  # `l` reads like `1`


def as_view(checker: Checker, node: ast.expr, want: Typed | None = None) -> View:
    """Return the type of the items of `node`."""
    found = checker.infer(node, want)
    if isinstance(found, View):
        return found
    item = item_of(found)
    if item is None:
        if isinstance(found, OptionalType):
            checker.value(node)  # reports that it may be missing
        text = f"`{checker.text(node)}` is {described(found)}, a list or a map is expected"
        raise checker.error(node, text)
    return View(item)


def list_display(checker: Checker, node: ast.List, want: Typed | None) -> Typed:
    """`[a, *others]`."""
    wanted = bare(want)
    item: Typed | None = wanted.item if isinstance(wanted, ListType) else None
    for element in node.elts:
        if isinstance(element, ast.Starred):
            view = as_view(checker, element.value, _list_of(item))
            if item is None:
                item = view.item
            elif view.item != item:
                text = f"`{checker.text(element.value)}` contains {view.item}, the list {item}"
                raise checker.error(element.value, text)
    plain = [element for element in node.elts if not isinstance(element, ast.Starred)]
    if item is None and plain:
        item = checker.unify(plain, None)
    elif item is not None:
        for element in plain:
            checker.require(element, as_type(checker, element, item))
    if item is None:
        raise checker.error(node, "the item type of this list is unknown here")
    return ListType(as_type(checker, node, item))


def dict_display(checker: Checker, node: ast.Dict, want: Typed | None) -> Typed:
    """`{**items, key: value}`."""
    wanted = bare(want)
    kind = wanted if isinstance(wanted, MapType) else None
    for key, value in zip(node.keys, node.values, strict=True):
        if key is None:
            found = checker.value(value, kind)
            if not isinstance(found, MapType):
                text = (
                    f"`{checker.text(value)}` is {described(found)}, a map is expected after `**`"
                )
                raise checker.error(value, text)
            if kind is not None and found != kind:
                text = f"`{checker.text(value)}` is {described(found)}, not {described(kind)}"
                raise checker.error(value, text)
            kind = found
    if kind is None and node.values:
        keys = [key for key in node.keys if key is not None]
        key_type = checker.unify(keys, None)
        kind = MapType(
            map_key(checker, keys[0], key_type),
            as_type(checker, node.values[0], checker.unify(node.values, None)),
        )
    if kind is None:
        raise checker.error(node, "the item type of this map is unknown here")
    for key, value in zip(node.keys, node.values, strict=True):
        if key is not None:
            checker.require(key, kind.key)
            checker.require(value, kind.value)
    return kind


def list_comprehension(checker: Checker, node: ast.ListComp, want: Typed | None) -> Typed:
    """`[expression for item in items if condition]`."""
    wanted = bare(want)
    item = wanted.item if isinstance(wanted, ListType) else None
    return ListType(_gone_through(checker, node, node.elt, item))


def generator(checker: Checker, node: ast.GeneratorExp, want: Typed | None) -> Typed:
    """A generator, as the argument of `sum` and similar functions."""
    item = want.item if isinstance(want, View) else None
    with checker.binding():
        _clauses(checker, node.generators)
        found = checker.infer(node.elt, item)
    return View(as_type(checker, node.elt, found), sized=False)


def dict_comprehension(checker: Checker, node: ast.DictComp, want: Typed | None) -> Typed:
    """`{key: value for key, value in items.items() if condition}`."""
    wanted = bare(want)
    with checker.binding():
        _clauses(checker, node.generators)
        if isinstance(wanted, MapType):
            checker.require(node.key, wanted.key)
            checker.require(node.value, wanted.value)
            return wanted
        key = map_key(checker, node.key, checker.value(node.key))
        return MapType(key, as_type(checker, node.value, checker.infer(node.value)))


def subscript(checker: Checker, node: ast.Subscript, want: Typed | None) -> Typed:
    """`items[key]`, `lines[0]`; a replica's row only together with one of its fields."""
    if names.row(checker, node) is not None:
        hint = f"write `{checker.text(node)}.` and a field"
        raise checker.error(node, "a replica row is not a value", hint)
    owner = checker.value(node.value)
    if isinstance(owner, MapType):
        checker.require(node.slice, owner.key)
        return owner.value
    if isinstance(owner, ListType):
        checker.require(node.slice, INT)
        return owner.item
    raise checker.error(node.value, f"{described(owner)} cannot be subscripted")


def as_type(checker: Checker, node: ast.expr, found: Typed) -> Type:
    """Return `found` if it is a type of values."""
    if isinstance(found, View):
        checker.value(node)
    if not isinstance(found, Type):
        raise checker.error(node, "the type of `None` is unknown here")
    return found


def map_key(checker: Checker, node: ast.expr, found: Typed) -> Scalar:
    """Return `found` if it is a valid key type."""
    if isinstance(found, Scalar) and found.name in MAP_KEYS:
        return found
    hint = f"use {', '.join(MAP_KEYS)}"
    raise checker.error(node, f"{described(found)} cannot be the key of a map", hint)


def _list_of(item: Typed | None) -> ListType | None:
    return ListType(item) if isinstance(item, Type) else None


def _gone_through(
    checker: Checker,
    node: ast.ListComp,
    element: ast.expr,
    item: Type | None,
) -> Type:
    with checker.binding():
        _clauses(checker, node.generators)
        if item is not None:
            checker.require(element, item)
            return item
        return as_type(checker, element, checker.infer(element))


def _clauses(checker: Checker, clauses: list[ast.comprehension]) -> None:
    for clause in clauses:
        view = as_view(checker, clause.iter)
        _bind(checker, clause.target, view)
        for condition in clause.ifs:
            checker.require(condition, BOOL)
            checker.narrow(narrowing.present(condition, holds=True))


def _bind(checker: Checker, target: ast.expr, view: View) -> None:
    targets = target.elts if isinstance(target, ast.Tuple) else [target]
    kinds = [view.item] if view.pair is None else [view.item, view.pair]
    if len(targets) != len(kinds):
        if view.pair is not None:
            raise checker.error(target, "`.items()` yields pairs", "write `for key, value in ...`")
        hint = "write `.items()` to iterate over keys and values" if len(targets) == 2 else None
        raise checker.error(target, "only one variable is allowed here", hint)
    for variable, kind in zip(targets, kinds, strict=True):
        if not isinstance(variable, ast.Name) or not _VARIABLE.fullmatch(variable.id):
            text = f"`{checker.text(variable)}` is not a variable"
            raise checker.error(
                variable, text, "use lower-case letters, digits and `_`, and not `l` alone"
            )
        if variable.id != "_":
            if variable.id in names.visible(checker):
                text = f"`{variable.id}` is already defined"
                raise checker.error(variable, text, "choose another name for the variable")
            checker.items[variable.id] = Variable("item", variable.id, kind)
