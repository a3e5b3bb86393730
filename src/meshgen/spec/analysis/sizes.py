"""Sizes of values: a few lines of a spec must not describe a value that fills the memory.

What counts is the smallest value of a type: of a list with `min_items`, that many items, of a value
object, all its fields. Optional fields and other collections may be empty.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping

from meshgen.spec.analysis.context import Check
from meshgen.spec.analysis.kinds import bare
from meshgen.spec.grammar.limits import MAX_NESTING, MAX_PARTS
from meshgen.spec.model import Field, ValueObject
from meshgen.spec.types import ListType, MapType, ObjectType, OptionalType, Type

_FLATTEN = "make a part optional, or a list, or refer to it by an id"


def measure_types(check: Check) -> None:
    """Fill `check.sizes`; types that hold themselves, or are too large, are broken from then on."""
    left = {name: kind for name, kind in check.types.items() if isinstance(kind, ValueObject)}
    left = {name: kind for name, kind in left.items() if name not in check.broken_types}
    for _ in range(MAX_NESTING):
        ready = [kind for kind in left.values() if not _inside(kind) & left.keys()]
        for kind in ready:
            del left[kind.name]
            if not _inside(kind) & check.broken_types:
                _measure(check, kind)
            else:
                check.broken_types.add(kind.name)
    _refuse_endless(check, left)
    for kind in left.values():
        if not _inside(kind) & left.keys():
            message = f"`{kind.name}` nests value objects more than {MAX_NESTING} levels deep"
            check.error(kind.at, message, _FLATTEN)
    check.broken_types |= left.keys()


def refuse_large(check: Check, fields: Iterable[Field], of: str) -> int:
    """Report the field with which a record becomes too large; return its size up to there."""
    size = 1
    for field in fields:
        size += _size(field, check.sizes)
        if size > MAX_PARTS:
            message = f"the smallest {of} would have more than {MAX_PARTS} parts with this field"
            check.error(field.at, message, _FLATTEN)
            return size
    return size


def _measure(check: Check, kind: ValueObject) -> None:
    check.sizes[kind.name] = size = refuse_large(check, kind.fields, f"`{kind.name}`")
    if size > MAX_PARTS:
        check.broken_types.add(kind.name)


def _refuse_endless(check: Check, left: Mapping[str, ValueObject]) -> None:
    """Report a value object that holds itself, at any depth: it could never be complete."""
    for name, kind in left.items():
        reached: set[str] = set()
        todo = [kind]
        while todo:
            inner = _inside(todo.pop()) & left.keys() - reached
            reached |= inner
            todo += [left[other] for other in inner]
        if name in reached:
            hint = f"`{name}?` or `list[{name}]` may be empty"
            check.error(kind.at, f"every `{name}` would hold another `{name}`", hint)


def _inside(kind: ValueObject) -> set[str]:
    """Return the value objects that each value of `kind` holds."""
    return {name for field in kind.fields for name in _required(field.type, field.min_items or 0)}


def _required(type_: Type, least: int) -> Iterator[str]:
    match bare(type_) if least else type_:
        case ObjectType(name=name):
            yield name
        case ListType(item=item) | MapType(value=item) if least:
            yield from _required(item, 0)


def _size(field: Field, sizes: Mapping[str, int]) -> int:
    match field.type:
        case OptionalType():
            return 1
        case ListType(item=item) | MapType(value=item):
            return 1 + (field.min_items or 0) * _size_of(item, sizes)
        case kind:
            return _size_of(kind, sizes)


def _size_of(kind: Type, sizes: Mapping[str, int]) -> int:
    return sizes.get(kind.name, 1) if isinstance(kind, ObjectType) else 1
