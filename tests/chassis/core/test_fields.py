"""What a store is told about the fields of a class."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from decimal import Decimal
from enum import Enum, IntEnum, StrEnum
from pathlib import Path
from typing import Any
from uuid import UUID

from chassis.fields import search_fields, stored_fields
from chassis.messages import Value
from chassis.runtime.rows import Rows
from chassis.store.port import Field, Kind
from chassis.store.sqlite.store import open_sqlite


class Color(StrEnum):
    RED = "red"
    BLUE = "blue"


class Level(IntEnum):
    LOW = 1


class Mixed(Enum):
    A = "a"
    B = 1


class Address(Value):
    street: str


HOME = Address(street="s")


@dataclass(frozen=True, slots=True, kw_only=True)
class Everything:
    thing_id: UUID
    text: str
    number: int
    weight: float
    flag: bool
    price: Decimal
    at: datetime
    day: date
    color: Color
    level: Level
    address: Address
    lines: list[Address]
    prices: Mapping[UUID, Decimal]
    maybe: str | None
    either: str | int
    note: str = "it's"
    limit: Decimal = Decimal("1.50")
    tags: tuple[str, ...] = field(default_factory=tuple)
    favorite: Color | None = None
    home: Address | None = HOME


def test_every_field_has_a_kind() -> None:
    fields = {"text": "words"}
    assert list(stored_fields(Everything, fields).values()) == [
        Field("thing_id", Kind.UUID),
        Field("words", Kind.TEXT),
        Field("number", Kind.INTEGER),
        Field("weight", Kind.NUMBER),
        Field("flag", Kind.BOOLEAN),
        Field("price", Kind.DECIMAL),
        Field("at", Kind.INSTANT),
        Field("day", Kind.DATE),
        Field("color", Kind.ENUM, values=("red", "blue")),
        Field("level", Kind.INTEGER),
        Field("address", Kind.JSON),
        Field("lines", Kind.JSON),
        Field("prices", Kind.JSON),
        Field("maybe", Kind.TEXT, optional=True),
        Field("either", Kind.JSON),
        Field("note", Kind.TEXT, default='"it\'s"'),
        Field("limit", Kind.DECIMAL, default='"1.50"'),
        Field("tags", Kind.JSON, default="[]"),
        Field("favorite", Kind.ENUM, optional=True, values=("red", "blue")),
        Field("home", Kind.JSON, optional=True, default='{"street":"s"}'),
    ]


def test_what_is_not_json_can_be_searched() -> None:
    stored = stored_fields(Everything, {})
    assert search_fields(Everything, stored).keys() == {
        name for name, each in stored.items() if each.kind is not Kind.JSON
    }


def test_an_enum_of_several_types_is_json() -> None:
    @dataclass
    class Row:
        mixed: Any

    Row.__annotations__["mixed"] = Mixed
    assert stored_fields(Row, {})["mixed"].kind is Kind.JSON


async def test_the_id_is_a_field_or_any_text(tmp_path: Path) -> None:
    store = open_sqlite(tmp_path / "unit.db")
    keys = {"thing_id": "old_id"}
    assert Rows(store, "rows", Everything, keys=keys, id="thing_id").collection.id == "old_id"
    assert Rows(store, "rows", Everything, id="elsewhere").collection.id is None
    assert Rows(store, "rows", Everything).collection.id is None
    await store.close()
