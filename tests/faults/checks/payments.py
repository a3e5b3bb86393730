"""Money and parcels match the orders."""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal

from tests.faults.checks.finding import Finding
from tests.faults.ledger import Ledger
from tests.faults.snapshot import Document, Snapshot

_AFTER_CANCELLING = (None, "declined", "refunded")


def match_orders(ledger: Ledger, snapshot: Snapshot) -> Iterator[Finding]:
    """A shipped order is paid in full; a cancelled one is not paid, or the money was given back."""
    payments = snapshot.aggregates.get("Payment", {})
    for id in payments.keys() - snapshot.orders.keys():
        yield Finding("a payment is for an order", id, "there is no such order")
    for id, events in snapshot.orders.items():
        payment = payments.get(id, Document(0, {"status": None})).data
        expected = ("captured",) if events[-1].type == "OrderShipped" else _AFTER_CANCELLING
        if payment["status"] not in expected:
            detail = f"{payment['status']} after {events[-1].type}"
            yield Finding("a payment matches its order", id, detail)
        total = Decimal(events[0].data["total"])
        if payment["status"] is not None and Decimal(payment["amount"]) != total:
            detail = f"{payment['amount']} for an order of {total}"
            yield Finding("a payment has the amount of its order", id, detail)


def parcels_match_orders(ledger: Ledger, snapshot: Snapshot) -> Iterator[Finding]:
    """There is a parcel for each shipped order and for no other."""
    parcels = snapshot.aggregates.get("Shipment", {}).keys()
    shipped = {id for id, events in snapshot.orders.items() if events[-1].type == "OrderShipped"}
    for id in parcels - shipped:
        yield Finding("a parcel is for a shipped order", id, "the order was not shipped")
    for id in shipped - parcels:
        yield Finding("a shipped order has a parcel", id, "there is none")
