"""The types of the spec language: what a field may hold."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TypeAlias

SCALARS = ("string", "int", "float", "decimal", "bool", "uuid", "date", "datetime")
MAP_KEYS = ("string", "int", "uuid", "date")


@dataclass(frozen=True, slots=True)
class Scalar:
    """One of `SCALARS`."""

    name: str

    def __str__(self) -> str:
        return self.name


@dataclass(frozen=True, slots=True)
class EnumType:
    """An enum of the spec's `types`, by name."""

    name: str
    members: tuple[str, ...]

    def __str__(self) -> str:
        return self.name


@dataclass(frozen=True, slots=True)
class ObjectType:
    """A value object of the spec's `types`, by name; its fields are in `Spec.types`."""

    name: str

    def __str__(self) -> str:
        return self.name


@dataclass(frozen=True, slots=True)
class ListType:
    """`list[T]`."""

    item: Type

    def __str__(self) -> str:
        return f"list[{self.item}]"


@dataclass(frozen=True, slots=True)
class MapType:
    """`map[T]` (keys are strings) or `map[K, T]` with K one of `MAP_KEYS`."""

    key: Scalar
    value: Type

    def __str__(self) -> str:
        return f"map[{self.value}]" if self.key == STRING else f"map[{self.key}, {self.value}]"


@dataclass(frozen=True, slots=True)
class OptionalType:
    """`T?`: a value or nothing."""

    item: Type

    def __str__(self) -> str:
        return f"{self.item}?"


Type: TypeAlias = Scalar | EnumType | ObjectType | ListType | MapType | OptionalType

STRING = Scalar("string")
INT = Scalar("int")
FLOAT = Scalar("float")
DECIMAL = Scalar("decimal")
BOOL = Scalar("bool")
UUID = Scalar("uuid")
DATE = Scalar("date")
DATETIME = Scalar("datetime")
