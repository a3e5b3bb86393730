"""Calls of functions, methods and constructors of value objects."""

from __future__ import annotations

import ast
from typing import TYPE_CHECKING

from meshgen.spec.declarations import MISSING, Enum, ValueObject
from meshgen.spec.expressions import collecting, names
from meshgen.spec.expressions.model import Construction, Nothing, Typed, View
from meshgen.spec.expressions.relations import NUMBERS, ORDERED, bare, described
from meshgen.spec.expressions.syntax import closest
from meshgen.spec.types import (
    BOOL,
    DATE,
    DATETIME,
    INT,
    STRING,
    UUID,
    ListType,
    MapType,
    ObjectType,
    OptionalType,
    Type,
)

if TYPE_CHECKING:
    from meshgen.spec.expressions.checker import Checker


def call(checker: Checker, node: ast.Call, want: Typed | None) -> Typed:
    """`name(...)` or `value.method(...)`."""
    for argument in node.args:
        if isinstance(argument, ast.Starred):
            raise checker.error(argument, "`*` is not allowed in a call")
    for keyword in node.keywords:
        if keyword.arg is None:
            raise checker.error(keyword.value, "`**` is not allowed in a call")
    if isinstance(node.func, ast.Attribute):
        return _method(checker, node, node.func)
    if not isinstance(node.func, ast.Name):
        raise checker.error(node.func, "this cannot be called")
    function = node.func.id
    declared = checker.scope.types.get(function)
    if declared is not None and not names.known(checker, function):
        return _construction(checker, node, function, declared)
    if function not in checker.functions:  # a field of this name hides none: it cannot be called
        callable_names = {*checker.functions, *checker.scope.types}
        what = "known" if not names.known(checker, function) else "a function"
        near = closest(function, callable_names)
        raise checker.error(node.func, f"`{function}` is not {what} here", near)
    return checker.functions[function].check(checker, node, want)


def _construction(
    checker: Checker, node: ast.Call, name: str, declared: Enum | ValueObject
) -> Typed:
    if isinstance(declared, Enum):
        hint = f"write one of its members: {', '.join(declared.members)}"
        raise checker.error(node.func, f"`{name}` is an enum", hint)
    if node.args:
        hint = f"write `{name}({declared.fields[0].name}=...)`"
        raise checker.error(node.args[0], f"the fields of {name} must be given by name", hint)
    fields = {field.name: field for field in declared.fields}
    for keyword in node.keywords:
        given = str(keyword.arg)
        if given not in fields:
            near = closest(given, fields)
            raise checker.error(keyword, f"{described(ObjectType(name))} has no `{given}`", near)
        checker.require(keyword.value, fields[given].type)
    missing = [
        field.name
        for field in declared.fields
        if field.default is MISSING
        and not isinstance(field.type, OptionalType)
        and field.name not in {k.arg for k in node.keywords}
    ]
    if missing:
        what = ", ".join(f"`{name}`" for name in missing)
        raise checker.error(node, f"{described(ObjectType(name))} also needs {what}")
    checker.refs[node] = Construction(declared)
    return ObjectType(name)


def _arguments(checker: Checker, node: ast.Call, least: int, most: int) -> list[ast.expr]:
    name = node.func.attr if isinstance(node.func, ast.Attribute) else checker.text(node.func)
    if node.keywords:
        raise checker.error(node.keywords[0], f"`{name}` takes no named arguments")
    return _counted(checker, node, name, least, most)


def _counted(checker: Checker, node: ast.Call, name: str, least: int, most: int) -> list[ast.expr]:
    if not least <= len(node.args) <= most:
        count = {0: "no arguments", 1: "one argument", 2: "two arguments"}[least]
        count = count if least == most else f"{least} or {most} arguments"
        raise checker.error(node, f"`{name}` takes {count}")
    return node.args


def sum_of(checker: Checker, node: ast.Call, want: Typed | None) -> Typed:
    """`sum(numbers)`."""
    (items,) = _arguments(checker, node, 1, 1)
    wanted = bare(want)
    view = collecting.as_view(
        checker, items, View(wanted) if isinstance(wanted, Type) and wanted in NUMBERS else None
    )
    if view.item not in NUMBERS or view.pair is not None:
        raise checker.error(items, f"`sum` takes numbers, not {view.item}")
    return view.item


def length(checker: Checker, node: ast.Call, want: Typed | None) -> Typed:
    """`len(items)`."""
    (items,) = _arguments(checker, node, 1, 1)
    if checker.infer(items) == STRING:
        return INT
    if not collecting.as_view(checker, items).sized:
        text = checker.text(items).strip("()")
        raise checker.error(items, "this has no length", f"write `len([{text}])`")
    return INT


def extreme(checker: Checker, node: ast.Call, want: Typed | None) -> Typed:
    """`min(...)` and `max(...)`."""
    name = checker.text(node.func)
    if len(node.args) != 1:
        if node.keywords:
            raise checker.error(node.keywords[0], f"`{name}` of values takes no named arguments")
        if not node.args:
            raise checker.error(node, f"`{name}` takes a list, or two or more values")
        found = checker.unify(node.args, want)
        _has_order(checker, node.args[0], name, found)
        return found
    view = collecting.as_view(checker, node.args[0])
    item = view.item
    _has_order(checker, node.args[0], name, item if view.pair is None else view)
    for keyword in node.keywords:
        if keyword.arg != "default":
            raise checker.error(keyword, f"`{name}` takes `default=` only")
        checker.require(keyword.value, item)
    return item


def _has_order(checker: Checker, node: ast.expr, name: str, kind: Typed) -> None:
    if isinstance(kind, OptionalType | Nothing):
        raise checker.error(node, f"`{name}` does not take values that may be missing")
    if kind not in ORDERED:
        raise checker.error(node, f"`{name}` needs ordered values, not {kind}")


def quantifier(checker: Checker, node: ast.Call, want: Typed | None) -> Typed:
    """`any(conditions)` and `all(conditions)`."""
    (items,) = _arguments(checker, node, 1, 1)
    view = collecting.as_view(checker, items)
    if view.item != BOOL or view.pair is not None:
        hint = f"write `{checker.text(node.func)}(condition for item in items)`"
        raise checker.error(items, f"`{checker.text(node.func)}` takes conditions", hint)
    return BOOL


def absolute(checker: Checker, node: ast.Call, want: Typed | None) -> Typed:
    """`abs(number)`."""
    (number,) = _arguments(checker, node, 1, 1)
    return _number(checker, number, "abs", want)


def rounded(checker: Checker, node: ast.Call, want: Typed | None) -> Typed:
    """`round(number, digits)`."""
    arguments = _arguments(checker, node, 1, 2)
    found = _number(checker, arguments[0], "round", want)
    if len(arguments) == 1:
        return INT
    digits = arguments[1]
    if not (isinstance(digits, ast.Constant) and type(digits.value) is int and digits.value <= 12):
        raise checker.error(digits, "the digits must be a number from 0 to 12")
    checker.infer(digits)
    return found


def _number(checker: Checker, node: ast.expr, name: str, want: Typed | None) -> Typed:
    found = checker.value(node, bare(want))
    if found not in NUMBERS:
        raise checker.error(node, f"`{name}` takes a number, not {described(found)}")
    return found


def in_order(checker: Checker, node: ast.Call, want: Typed | None) -> Typed:
    """`sorted(items)`."""
    (items,) = _arguments(checker, node, 1, 1)
    view = collecting.as_view(checker, items)
    _has_order(checker, items, "sorted", view.item if view.pair is None else view)
    return ListType(view.item)


def current_time(checker: Checker, node: ast.Call, want: Typed | None) -> Typed:
    """`now()`."""
    _refuse_where_pure(checker, node)
    return DATETIME


def new_id(checker: Checker, node: ast.Call, want: Typed | None) -> Typed:
    """`new_id()`."""
    _refuse_where_pure(checker, node)
    return UUID


def _refuse_where_pure(checker: Checker, node: ast.Call) -> None:
    _arguments(checker, node, 0, 0)
    if not checker.scope.impure:
        hint = "use it where a command emits an event"
        name = checker.text(node.func)
        raise checker.error(node, f"`{name}()` is not allowed here: its value changes", hint)


def _method(checker: Checker, node: ast.Call, func: ast.Attribute) -> Typed:
    owner = checker.value(func.value)
    methods = checker.methods(owner)
    if func.attr not in methods:
        near = closest(func.attr, methods)
        raise names.error_at(checker, func, f"{described(owner)} has no `{func.attr}()`", near)
    return methods[func.attr].check(checker, node, owner)


def text_method(checker: Checker, node: ast.Call, owner: Typed) -> Typed:
    """`text.lower()`."""
    _arguments(checker, node, 0, 0)
    return STRING


def text_test(checker: Checker, node: ast.Call, owner: Typed) -> Typed:
    """`text.startswith(start)`."""
    (part,) = _arguments(checker, node, 1, 1)
    checker.require(part, STRING)
    return BOOL


def day(checker: Checker, node: ast.Call, owner: Typed) -> Typed:
    """`moment.date()`."""
    _arguments(checker, node, 0, 0)
    return DATE


def map_items(checker: Checker, node: ast.Call, owner: Typed) -> Typed:
    """`map.items()`."""
    assert isinstance(owner, MapType)
    _arguments(checker, node, 0, 0)
    return View(owner.key, owner.value)


def map_keys(checker: Checker, node: ast.Call, owner: Typed) -> Typed:
    """`map.keys()`."""
    assert isinstance(owner, MapType)
    _arguments(checker, node, 0, 0)
    return View(owner.key)


def map_values(checker: Checker, node: ast.Call, owner: Typed) -> Typed:
    """`map.values()`."""
    assert isinstance(owner, MapType)
    _arguments(checker, node, 0, 0)
    return View(owner.value)


def map_get(checker: Checker, node: ast.Call, owner: Typed) -> Typed:
    """`map.get(key)`, `map.get(key, default)`."""
    assert isinstance(owner, MapType)
    key, *default = _arguments(checker, node, 1, 2)
    checker.require(key, owner.key)
    if not default or (isinstance(default[0], ast.Constant) and default[0].value is None):
        for part in default:
            checker.infer(part)
        value = owner.value
        return value if isinstance(value, OptionalType) else OptionalType(value)
    checker.require(default[0], owner.value)
    return owner.value
