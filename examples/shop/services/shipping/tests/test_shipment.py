# scaffolded by meshgen - yours to edit
"""Scenarios of the shipment aggregate: given, when, then."""

from datetime import timedelta
from uuid import UUID

import pytest

from chassis.testing import NOW, Scenario, example_id, new_id
from shop_contracts.shipping import DispatchParcel, ParcelDispatched
from shop_shipping.domain.shipment import decide, evolve

ORDER_ID = example_id("order_id")
CUSTOMER_ID = example_id("customer_id")
TRACKING_CODE = UUID(int=0xE001)
EARLIER = NOW - timedelta(days=1)
DISPATCH_PARCEL = DispatchParcel(order_id=ORDER_ID, customer_id=CUSTOMER_ID)
PARCEL_DISPATCHED = ParcelDispatched(
    order_id=ORDER_ID, customer_id=CUSTOMER_ID, tracking_code=new_id(1), dispatched_at=NOW
)
PARCEL_DISPATCHED_EARLIER = ParcelDispatched(
    order_id=ORDER_ID, customer_id=CUSTOMER_ID, tracking_code=TRACKING_CODE, dispatched_at=EARLIER
)


@pytest.fixture
def shipment() -> Scenario:
    return Scenario(decide, evolve)


def test_dispatch_parcel_emits_parcel_dispatched(shipment: Scenario) -> None:
    shipment.when(DISPATCH_PARCEL).then(PARCEL_DISPATCHED)


def test_dispatch_parcel_requires_a_new_shipment(shipment: Scenario) -> None:
    shipment.given(PARCEL_DISPATCHED_EARLIER).when(DISPATCH_PARCEL).refused("already_exists")
