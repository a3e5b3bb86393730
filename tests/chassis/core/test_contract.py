"""What differs between the OpenAPI document of a unit and its contract."""

from __future__ import annotations

import json
from copy import deepcopy
from pathlib import Path
from typing import Any

import pytest
from chassis.testing.contract import differences

ROOT = Path(__file__).parents[3]
CONTRACT = json.loads((ROOT / "examples/shop/contracts/openapi/order.json").read_text())
CANCEL, READ = "/orders/{order_id}/cancel", "/orders/{order_id}"


@pytest.fixture
def served() -> dict[str, Any]:
    return deepcopy(CONTRACT)


def test_nothing_differs(served: dict[str, Any]) -> None:
    assert differences(CONTRACT, served) == []


def test_routes_by_hand_may_be_added(served: dict[str, Any]) -> None:
    served["paths"]["/invoices"] = {"get": {"responses": {}}}
    served["paths"][READ]["delete"] = {"responses": {}}
    served["components"]["schemas"]["Invoice"] = {"type": "object"}
    served["components"]["examples"] = {}
    assert differences(CONTRACT, served) == []


def test_what_is_promised_cannot_change(served: dict[str, Any]) -> None:
    served["info"]["title"] = "Orders"
    del served["paths"][READ]
    served["paths"][CANCEL]["post"]["deprecated"] = True
    served["components"]["schemas"]["CancelOrder"]["required"] = []
    served["components"]["schemas"]["Order"]["properties"]["note"] = {"type": "string"}
    served["x-more"] = 1
    assert differences(CONTRACT, served) == [
        '/info/title: "Orders"',
        "/paths/~1orders~1{order_id}~1cancel/post/deprecated: is new",
        "/paths/~1orders~1{order_id}: is missing",
        "/components/schemas/CancelOrder/required: []",
        "/components/schemas/Order/properties/note: is new",
        "/x-more: is new",
    ]
