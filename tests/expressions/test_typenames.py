"""The notation of types."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from meshgen.spec import types as t
from meshgen.spec.model import Enum, ValueObject
from meshgen.spec.type_notation import TypeNameError, parse_type

TYPES: dict[str, Enum | ValueObject] = {
    "OrderLine": ValueObject(name="OrderLine", fields=()),
    "OrderStatus": Enum(name="OrderStatus", members=("placed",)),
}
STATUS = t.EnumType("OrderStatus", ("placed",))


@pytest.mark.parametrize("name", t.SCALARS)
def test_a_scalar_is_written_by_its_name(name: str) -> None:
    assert parse_type(name, {}) == t.Scalar(name)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("OrderLine", t.ObjectType("OrderLine")),
        ("OrderStatus", STATUS),
        ("string?", t.OptionalType(t.STRING)),
        ("list[OrderLine]", t.ListType(t.ObjectType("OrderLine"))),
        ("list[OrderLine]?", t.OptionalType(t.ListType(t.ObjectType("OrderLine")))),
        ("list[int?]", t.ListType(t.OptionalType(t.INT))),
        ("map[int]", t.MapType(t.STRING, t.INT)),
        ("map[uuid, int]", t.MapType(t.UUID, t.INT)),
        (" map [ uuid ,list[ OrderStatus ] ] ", t.MapType(t.UUID, t.ListType(STATUS))),
    ],
)
def test_types_are_composed(text: str, expected: t.Type) -> None:
    assert parse_type(text, TYPES) == expected
    assert parse_type(str(expected), TYPES) == expected


@pytest.mark.parametrize(
    ("text", "offset", "message", "hint"),
    [
        ("strng", 0, "there is no type `strng`", "did you mean `string`?"),
        ("orderline", 0, "there is no type `orderline`", "did you mean `OrderLine`?"),
        ("list[ OrderLin]", 6, "there is no type `OrderLin`", "did you mean `OrderLine`?"),
        ("integer", 0, "there is no type `integer`", "write `int`"),
        ("xyz", 0, "there is no type `xyz`", None),
        ("Line[]", 0, "there is no type `Line`", "write `list[T]` for lists, `map[T]` for maps"),
        ("map[string, int]", 4, "map[string, int] is written map[int]", None),
        (
            "map[decimal, int]",
            4,
            "decimal cannot be the key of a map",
            "use string, int, uuid, date",
        ),
        ("list", 0, "a list needs an item type", "write e.g. `list[string]`"),
        ("list[int", 8, "`]` is expected here, but the type ends", None),
        ("list[int,]", 8, "`]` is expected here, not `,`", None),
        ("int??", 4, "remove the second `?`", None),
        ("int string", 4, "`string` is not expected here", "write a type such as `list[string]`"),
        ("int{}", 3, "`{` is not allowed in a type", None),
        ("", 0, "a type is expected here", None),
        ("?", 0, "a type is expected here, not `?`", None),
        ("list[]", 5, "a type is expected here, not `]`", None),
    ],
)
def test_what_is_wrong_is_said_where_it_is(
    text: str, offset: int, message: str, hint: str | None
) -> None:
    with pytest.raises(TypeNameError) as caught:
        parse_type(text, TYPES)
    assert (caught.value.offset, caught.value.message, caught.value.hint) == (offset, message, hint)


def test_nesting_has_an_end() -> None:
    with pytest.raises(TypeNameError, match="nested at most 5 deep"):
        parse_type("list[" * 8 + "int" + "]" * 8, {})
    with pytest.raises(TypeNameError, match="at most 200 characters"):
        parse_type("list[" * 90, {})


@given(st.text(alphabet="listmap[]?, intOrderLine\n{ä", max_size=30))
def test_any_text_is_a_type_or_refused(text: str) -> None:
    found = _parsed(text)
    if isinstance(found, TypeNameError):
        assert 0 <= found.offset <= len(text)
    else:
        assert parse_type(str(found), TYPES) == found


def _parsed(text: str) -> t.Type | TypeNameError:
    try:
        return parse_type(text, TYPES)
    except TypeNameError as error:
        return error
