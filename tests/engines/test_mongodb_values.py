"""Any JSON value and any scalar is what it was after BSON. These tests need no server."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

import bson
import pytest
from bson.codec_options import CodecOptions
from chassis.store.mongodb.documents import Documents
from chassis.store.mongodb.scalars import joined, rounded, split
from chassis.store.mongodb.values import from_bson, to_bson
from chassis.store.port import Collection, Field, Kind, Put
from hypothesis import given
from hypothesis import strategies as st

KEYS = st.text(st.sampled_from("\0\ufdd0$.012ainteg")) | st.text()
SCALARS = (
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | KEYS
) | st.integers(-(2**70), 2**70)
VALUES: st.SearchStrategy[Any] = st.recursive(
    SCALARS, lambda inner: st.lists(inner) | st.dictionaries(KEYS, inner), max_leaves=20
)
AWARE: CodecOptions[dict[str, Any]] = CodecOptions(
    tz_aware=True, tzinfo=UTC, uuid_representation=bson.UuidRepresentation.STANDARD
)
INSTANTS = st.datetimes(timezones=st.just(UTC))
DECIMALS = st.one_of(
    *(st.decimals(allow_nan=False, allow_infinity=False, places=places) for places in (None, 40))
)
DOCUMENTS = Documents(
    Collection(
        name="c",
        fields=(
            Field("at", Kind.INSTANT, optional=True),
            Field("price", Kind.DECIMAL, optional=True),
            Field("value", Kind.JSON, optional=True),
        ),
    )
)


def through_bson(value: dict[str, Any]) -> dict[str, Any]:
    return bson.decode(bson.encode(value, codec_options=AWARE), AWARE)


@given(VALUES)
def test_json_is_kept(value: Any) -> None:
    stored = through_bson({"value": to_bson(value)})["value"]
    assert json.dumps(from_bson(stored)) == json.dumps(value)


@given(VALUES)
def test_no_key_has_a_meaning_for_mongodb(value: Any) -> None:
    def keys(value: Any) -> list[str]:
        match value:
            case dict():
                return [*value, *(key for each in value.values() for key in keys(each))]
            case list():
                return [key for each in value for key in keys(each)]
        return []

    assert not [key for key in keys(to_bson(value)) if key.startswith("$") or "\0" in key]


@given(INSTANTS, INSTANTS | st.integers(-2000, 2000))
def test_instants_are_kept_and_compared_to_the_microsecond(
    one: datetime, other: datetime | int
) -> None:
    if isinstance(other, int):
        try:
            other = one + timedelta(microseconds=other)
        except OverflowError:
            return
    assert joined(*split(one)) == one
    assert split(one)[0].microsecond % 1000 == 0
    assert (split(one) < split(other)) is (one < other)


@given(DECIMALS, DECIMALS)
def test_rounded_decimals_have_the_same_order(one: Decimal, other: Decimal) -> None:
    if one <= other:
        assert rounded(one) <= rounded(other)
    assert len(rounded(one).as_tuple().digits) <= 34


@given(st.none() | INSTANTS, st.none() | DECIMALS, VALUES)
def test_a_document_is_kept(at: datetime | None, price: Decimal | None, value: Any) -> None:
    data = {
        "at": at and at.isoformat(),
        "price": None if price is None else str(price),
        "value": value,
    }
    put = Put(collection="c", id="1", data=json.dumps(data), expected=0, version=1)
    read = json.loads(DOCUMENTS.read(through_bson(DOCUMENTS.insert(put)._doc)).data)
    assert (read["at"] and datetime.fromisoformat(read["at"])) == at
    assert read["price"] == data["price"]
    assert json.dumps(read["value"]) == json.dumps(value)


@pytest.mark.parametrize("text", ["1E+9999", "-1E+9999", "1E-9999", "0E-7000", "-0.00", "1E+6144"])
def test_decimals_that_decimal128_has_not(text: str) -> None:
    put = Put(collection="c", id="1", data=json.dumps({"price": text}), expected=0, version=1)
    read = json.loads(DOCUMENTS.read(through_bson(DOCUMENTS.insert(put)._doc)).data)
    assert read["price"] == text
