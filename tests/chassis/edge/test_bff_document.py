"""The OpenAPI document of a backend-for-frontend whose endpoints were extended by hand."""

from __future__ import annotations

from decimal import Decimal
from typing import Annotated, Any

import pytest
from chassis.bff import Answer, Bff, Body, Page, Router
from chassis.testing.unit import TestUnit
from fastapi import Depends, Query
from fastapi.security import APIKeyHeader

key = APIKeyHeader(name="x-key")
router, other = Router(), Router()


class Line(Answer):
    price: Decimal
    note: str | None = None


class Basket(Answer):
    lines: Page[Line]


class Wish(Body):
    price: Decimal


@router.get("/basket/{number}", responses={"default": {"description": "Anything else."}})
async def basket(
    number: int, size: Annotated[int, Query(ge=1)] = 3, _: str = Depends(key)
) -> Basket:
    """The basket."""
    raise NotImplementedError


@other.get("/old-basket", operation_id="first_basket")
async def first() -> Basket:
    raise NotImplementedError


@other.get("/other-basket", name="basket")
async def second() -> Basket:
    raise NotImplementedError


@other.post("/wishes")
async def wish(wish: Wish | None = None) -> list[Line]:
    raise NotImplementedError


@pytest.fixture(scope="module")
def document() -> Any:
    bff = Bff(name="back_office", summary="For the office", calls=(), routers=(router, other))
    with TestUnit(bff) as unit:
        answer = unit.anonymous.get("/openapi.json")
    assert answer.status == 200
    return answer.body


def test_it_says_where_it_is(document: Any) -> None:
    assert document["info"]["title"] == "Back office"
    assert document["servers"][0]["url"] == "/back-office"


def test_each_operation_has_an_id_of_its_own(document: Any) -> None:
    ids = [each["operationId"] for item in document["paths"].values() for each in item.values()]
    assert ids[:2] == ["basket", "first_basket"]
    assert len({*ids}) == len(ids) == 4


def test_what_was_added_by_hand_stays(document: Any) -> None:
    operation = document["paths"]["/basket/{number}"]["get"]
    assert operation["responses"]["default"] == {"description": "Anything else."}
    assert {"APIKeyHeader": []} in operation["security"]
    assert document["components"]["securitySchemes"].keys() == {"APIKeyHeader", "bearer"}
    number, size = operation["parameters"]
    assert number["schema"] == {"type": "integer", "format": "int64"}
    assert (size["schema"]["minimum"], size["schema"]["default"]) == (1, 3)


def test_schemas_are_in_the_style_of_services(document: Any) -> None:
    schemas = document["components"]["schemas"]
    assert schemas["Basket"]["properties"] == {"lines": {"$ref": "#/components/schemas/LinePage"}}
    assert schemas["Line"]["properties"]["price"]["format"] == "decimal"
    assert schemas["Line"]["required"] == ["price", "note"]
    body = document["paths"]["/wishes"]["post"]["requestBody"]
    assert body["required"] is False
    assert body["content"]["application/json"] == {
        "schema": {"$ref": "#/components/schemas/Wish"},
        "example": {"price": "12.50"},
    }
