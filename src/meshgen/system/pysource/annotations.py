"""The spec's types, defaults and durations as Python source."""

from __future__ import annotations

from decimal import Decimal

from meshgen.spec.model import Field, Missing
from meshgen.spec.types import EnumType, ListType, MapType, ObjectType, OptionalType, Scalar, Type
from meshgen.system.model import Attribute
from meshgen.system.pysource.literals import literal

_SCALARS = {
    "string": "str",
    "int": "int",
    "float": "float",
    "decimal": "Decimal",
    "bool": "bool",
    "uuid": "UUID",
    "date": "date",
    "datetime": "datetime",
}
_UNITS = (("days", 86_400), ("hours", 3_600), ("minutes", 60), ("seconds", 1))


def annotation(type_: Type) -> str:
    """Return a read-only type: `list[OrderLine]` -> `Sequence[OrderLine]`."""
    match type_:
        case Scalar(name):
            return _SCALARS[name]
        case EnumType(name) | ObjectType(name):
            return name
        case ListType(item):
            return f"Sequence[{annotation(item)}]"
        case MapType(key, value):
            return f"Mapping[{annotation(key)}, {annotation(value)}]"
        case OptionalType(item):
            return f"{annotation(item)} | None"


def json_annotation(type_: Type) -> str:
    """Return a type as JSON has it: `list[OrderLine]`. Pydantic is fastest with these."""
    match type_:
        case ListType(item):
            return f"list[{json_annotation(item)}]"
        case MapType(key, value):
            return f"dict[{json_annotation(key)}, {json_annotation(value)}]"
        case OptionalType(item):
            return f"{json_annotation(item)} | None"
        case _:
            return annotation(type_)


def attribute(field: Field) -> Attribute:
    """Return the dataclass attribute for `field`, with its default or that of its type."""
    return Attribute(name=field.name, annotation=annotation(field.type), default=default(field))


def default(field: Field) -> str | None:
    """Return the default of a dataclass attribute as Python source, None if it is required."""
    if isinstance(field.default, dict):
        return "field(default_factory=dict)"
    if not isinstance(field.default, Missing):
        return constant(field.default, field.type)
    match field.type:
        case OptionalType():
            return "None"
        case ListType():
            return "()"
        case MapType():
            return "field(default_factory=dict)"
        case _:
            return None


def constant(value: object, type_: Type) -> str:
    """Return a default in the spec as Python source."""
    match type_:
        case OptionalType(item):
            return "None" if value is None else constant(value, item)
        case EnumType(name):
            return f"{name}.{str(value).upper()}"
        case Scalar("decimal"):
            return f'Decimal("{Decimal(str(value))}")'
        case _:
            return literal(value)


def duration(seconds: int) -> str:
    """`900` -> `timedelta(minutes=15)`, in the largest unit that fits."""
    unit, count = _in_largest_unit(seconds)
    return f"timedelta({unit}={count})"


def spoken(seconds: int) -> str:
    """`900` -> `15 minutes`, in the largest unit that fits."""
    unit, count = _in_largest_unit(seconds)
    return f"{count} {unit.removesuffix('s') if count == 1 else unit}"


def _in_largest_unit(seconds: int) -> tuple[str, int]:
    unit, size = next(pair for pair in _UNITS if seconds % pair[1] == 0)
    return unit, seconds // size
