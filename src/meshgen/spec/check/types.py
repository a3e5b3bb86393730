"""Types and fields: what a notation stands for, whether limits and defaults fit."""

from __future__ import annotations

import datetime
import re
import uuid
import warnings
from collections.abc import Callable, Iterable
from decimal import Decimal

from meshgen.spec.check.context import Check, Fields
from meshgen.spec.check.kinds import bare, parts
from meshgen.spec.draft import FieldDraft, TypeDraft
from meshgen.spec.model import MISSING, Enum, Field, ValueObject
from meshgen.spec.tree import Broken, Mapping, Node, Scalar, Sequence
from meshgen.spec.typenames import TypeNameError, parse_type
from meshgen.spec.types import (
    BOOL,
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
from meshgen.spec.wording import printable, shape

MAX_PATTERN = 200
MAX_LENGTH = 1_000_000

_LIMITS_OF = {
    "min": "numbers",
    "max": "numbers",
    "min_length": "strings",
    "max_length": "strings",
    "pattern": "strings",
    "min_items": "lists and maps",
    "max_items": "lists and maps",
}
_NOT_LINEAR = re.compile(r"\(\?(?!:|P<)|\\[1-9]|\(\?P[=>]")


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
    check: Check, drafts: Iterable[FieldDraft], *, maps: str, partial: bool = False
) -> Fields:
    """The fields that `drafts` declare; `maps`: "any" keys in a state, "string" in what is sent."""
    known: dict[str, Field] = {}
    broken: set[str] = set()
    for draft in drafts:
        type_ = _type(check, draft, maps)
        if type_ is None:
            broken.add(draft.name.text)
        else:
            known[draft.name.text] = _field(check, draft, type_)
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


def _field(check: Check, draft: FieldDraft, type_: Type) -> Field:
    limits = {key: _limit(check, key, value, bare(type_)) for key, value in draft.limits.items()}
    for low, high in (("min", "max"), ("min_length", "max_length"), ("min_items", "max_items")):
        least, most = limits.get(low), limits.get(high)
        if isinstance(least, int | float) and isinstance(most, int | float) and least > most:
            check.error(draft.limits[high].at, f"`{high}` is below `{low}`")
    field = Field(name=draft.name.text, type=type_, at=draft.name.at, **limits)  # type: ignore[arg-type]
    if draft.default is None:
        return field
    default = _default(check, draft.default, field)
    return Field(name=draft.name.text, type=type_, at=draft.name.at, default=default, **limits)  # type: ignore[arg-type]


def _limit(check: Check, key: str, value: Scalar, type_: Type) -> int | float | str | None:
    """A limit's value, None when there is a finding for it."""
    numeric = type_ in (INT, FLOAT, DECIMAL)
    fitting = {
        "numbers": numeric,
        "strings": type_ == STRING,
        "lists and maps": isinstance(type_, ListType | MapType),
    }
    if not fitting[_LIMITS_OF[key]]:
        hint = (
            f"did you mean `{key}_length`?" if type_ == STRING and key in ("min", "max") else None
        )
        check.error(value.at, f"`{key}` is for {_LIMITS_OF[key]}, and this is `{type_}`", hint)
        return None
    if key == "pattern":
        return _pattern(check, value)
    number = value.value
    if isinstance(number, bool) or not isinstance(number, int | float | Decimal):
        check.error(value.at, f"`{key}` is {shape(value)}", "it is a number")
        return None
    if (_LIMITS_OF[key] != "numbers" or type_ == INT) and not isinstance(number, int):
        check.error(value.at, f"`{key}` is {number}", "it is a whole number here")
        return None
    if _LIMITS_OF[key] != "numbers" and not 0 <= number <= MAX_LENGTH:
        check.error(value.at, f"`{key}` is {number}", f"it is between 0 and {MAX_LENGTH}")
        return None
    return float(number) if isinstance(number, Decimal) else number


def _pattern(check: Check, value: Scalar) -> str | None:
    """A regular expression that Python and the generated messages (in Rust's dialect) both take."""
    fault: str | None = None
    if not isinstance(value.value, str) or len(value.text) > MAX_PATTERN:
        fault = f"it is a regular expression of at most {MAX_PATTERN} characters"
    elif not value.text.isascii() or not value.text.isprintable():
        fault = "it is written in plain printable ASCII; `\\u1234` stands for other characters"
    elif _NOT_LINEAR.search(value.text):
        fault = "look-around and back-references are left out: matching takes linear time"
    elif not _is_pattern(value.text):
        fault = "it is no regular expression, or its parts differ between dialects"
    if fault is None:
        return value.text
    check.error(value.at, f"`{printable(value.text)}` cannot be a pattern", fault)
    return None


def _is_pattern(text: str) -> bool:
    from pydantic_core import SchemaError, SchemaValidator, core_schema  # the messages' own library

    try:
        with warnings.catch_warnings():
            warnings.simplefilter("error")  # `[[` means another thing in each dialect
            re.compile(text)
        SchemaValidator(core_schema.str_schema(pattern=text))
    except (re.error, SchemaError, Warning, OverflowError, RecursionError):
        return False
    return True


def _default(check: Check, node: Node, field: Field) -> object:
    """The default as a Python value of the field's type."""
    if isinstance(node, Broken):
        return None
    if isinstance(node, Scalar) and node.value is None and isinstance(field.type, OptionalType):
        return None
    value = _value(node, bare(field.type))
    if value is MISSING:
        check.error(
            node.at, f"the default of `{field.name}` is {shape(node)}", _default_hint(field.type)
        )
    elif fault := _breaks(value, field):
        check.error(node.at, f"the default of `{field.name}` breaks its own limit {fault}")
    return value


def _default_hint(type_: Type) -> str:
    of = bare(type_)
    if isinstance(of, EnumType):
        return "one of " + ", ".join(f"`{member}`" for member in of.members)
    if isinstance(of, ListType):
        return "it is a list; the only default for it is `[]`"
    if isinstance(of, MapType):
        return "it is a map; the only default for it is `{}`"
    if isinstance(of, ObjectType):
        return f"a `{of.name}` has no default: give its fields defaults, or make it optional"
    return "it is `true` or `false`" if of == BOOL else f"it is a `{of}`"


def _value(node: Node, type_: Type) -> object:
    """What `node` means as a value of `type_`; `MISSING` when it cannot be one."""
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
    "uuid": uuid.UUID,
    "date": datetime.date.fromisoformat,
    "datetime": datetime.datetime.fromisoformat,
}


def _scalar_value(node: Scalar, type_: ScalarType) -> object:
    value = node.value
    if type_.name == "bool":
        return value if isinstance(value, bool) else MISSING
    if type_.name == "string":
        return value if isinstance(value, str) and value.isprintable() else MISSING
    if type_.name in _PARSERS:
        try:
            parsed = _PARSERS[type_.name](node.text)
        except ValueError:
            return MISSING
        if isinstance(parsed, datetime.datetime) and parsed.tzinfo is None:
            return parsed.replace(tzinfo=datetime.UTC)
        return parsed
    if isinstance(value, bool) or not isinstance(value, int | float | Decimal):
        return MISSING
    if type_ == INT:
        return value if isinstance(value, int) else MISSING
    return Decimal(str(value)) if type_ == DECIMAL else float(value)


def _breaks(value: object, field: Field) -> str | None:
    """The limit that `value` does not keep."""
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
        if field.pattern is not None and not re.search(field.pattern, value):
            return "`pattern`"
    if isinstance(value, tuple | dict) and field.min_items:
        return f"`min_items: {field.min_items}`"
    return None
