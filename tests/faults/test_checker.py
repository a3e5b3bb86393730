"""The checker is checked: a shop at rest has no findings, and every kind of damage is found."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest

from tests.faults.checks import check
from tests.faults.ledger import Answer, Ledger, Line, Purchase, Receipt
from tests.faults.snapshot import DeadLetter, Document, Event, Snapshot

CUP, SHIPPED, CANCELLED, ANN, BEN = "cup", "order-1", "order-2", "ann", "ben"
LINES = [{"product_id": CUP, "quantity": 2, "unit_price": "5.00"}]
DEAR = [{"product_id": CUP, "quantity": 300, "unit_price": "5.00"}]


def event(topic: str, type: str, subject: str, sequence: int, **data: Any) -> Event:
    id = f"{topic} {subject} {sequence}"
    return Event(id=id, type=type, subject=subject, sequence=sequence, data=data, topic=topic)


def placed(order: str, customer: str, lines: list[dict[str, Any]], total: str) -> Event:
    data = {"customer_id": customer, "lines": lines, "total": total, "placed_at": "today"}
    return event("order", "OrderPlaced", order, 1, **data)


ORDERS = {
    SHIPPED: (
        placed(SHIPPED, ANN, LINES, "10.00"),
        event("order", "OrderConfirmed", SHIPPED, 2),
        event("order", "OrderShipped", SHIPPED, 3, lines=LINES),
    ),
    CANCELLED: (
        placed(CANCELLED, BEN, DEAR, "1500.00"),
        event("order", "OrderCancelled", CANCELLED, 2, reason="limit exceeded"),
    ),
}
LOG = (
    event("product", "ProductListed", CUP, 1, name="Cup", category="kitchen", price="4.00"),
    event("product", "PriceChanged", CUP, 2, price="5.00"),
    event("inventory", "StockReceived", CUP, 1, quantity=500),
    event("cart", "CartCheckedOut", ANN, 1),
    event("cart", "CartCheckedOut", BEN, 1),
    *ORDERS[SHIPPED],
    *ORDERS[CANCELLED],
    event("inventory", "StockReserved", CUP, 2, quantity=2),
    event("inventory", "StockReserved", CUP, 3, quantity=300),
    event("inventory", "StockReleased", CUP, 4, quantity=300),
    event("inventory", "StockIssued", CUP, 5, quantity=2),
    event("payment", "PaymentCaptured", SHIPPED, 1),
    event("payment", "PaymentDeclined", CANCELLED, 1),
    event("shipping", "ParcelDispatched", SHIPPED, 1),
)
HISTORY = {
    order: Document(
        len(events),
        {
            "customer_id": events[0].data["customer_id"],
            "order_id": order,
            "placed_at": "today",
            "total": events[0].data["total"],
            "status": status,
        },
    )
    for (order, events), status in zip(ORDERS.items(), ("shipped", "cancelled"), strict=True)
}
ENTRY = {"product_id": CUP, "name": "Cup", "category": "kitchen", "price": "5.00", "listed": True}
SOUND = Snapshot(
    log=LOG,
    aggregates={
        "Product": {CUP: Document(2, {})},
        "Cart": {ANN: Document(1, {}), BEN: Document(1, {})},
        "StockItem": {CUP: Document(5, {"on_hand": 498, "reservations": {}})},
        "Payment": {
            SHIPPED: Document(1, {"status": "captured", "amount": "10"}),
            CANCELLED: Document(1, {"status": "declined", "amount": "1500"}),
        },
        "Shipment": {SHIPPED: Document(1, {})},
    },
    orders=ORDERS,
    rows={"order_history": HISTORY, "catalog": {CUP: Document(6, {**ENTRY, "available": 498})}},
    replicas={CUP: Document(2, {"product_id": CUP, "price": "5.00", "listed": True})},
    sagas={
        SHIPPED: Document(4, {"status": "completed"}),
        CANCELLED: Document(3, {"status": "failed"}),
    },
    waiting={"order outbox": 0},
)


def ledger() -> Ledger:
    """What the customers and the merchant of `SOUND` were answered."""
    found = Ledger()
    for customer, quantity in ((ANN, 2), (BEN, 300)):
        lines = (Line(product=CUP, quantity=quantity),)
        found.purchases.append(Purchase(customer=customer, lines=lines, answer=Answer.ACCEPTED))
    received = Line(product=CUP, quantity=500)
    found.receipts.append(Receipt(line=received, answer=Answer.ACCEPTED))
    return found


def test_a_shop_at_rest_has_no_findings() -> None:
    assert check(ledger(), SOUND) == []


def test_a_repeated_event_in_the_log_is_none() -> None:
    assert check(ledger(), replace(SOUND, log=(*LOG, LOG[0], LOG[3]))) == []


def _aggregate(name: str, id: str, document: Document | None) -> Snapshot:
    """Return the shop with another document of an aggregate, or without it."""
    documents = {k: v for k, v in SOUND.aggregates[name].items() if k != id}
    if document is not None:
        documents[id] = document
    return replace(SOUND, aggregates={**SOUND.aggregates, name: documents})


def _order(id: str, *events: Event) -> Snapshot:
    """Return the shop with another life of an order."""
    return replace(SOUND, orders={**ORDERS, id: events})


def _row(name: str, id: str, **fields: Any) -> Snapshot:
    """Return the shop with other fields in a row of a read model."""
    row = SOUND.rows[name][id]
    rows = {**SOUND.rows[name], id: Document(row.version, {**row.data, **fields})}
    return replace(SOUND, rows={**SOUND.rows, name: rows})


def _extra_row() -> Snapshot:
    rows = {**HISTORY, "order-9": HISTORY[SHIPPED]}
    return replace(SOUND, rows={**SOUND.rows, "order_history": rows})


DAMAGE: dict[str, tuple[str, Callable[[], Snapshot]]] = {
    "an order that was lost": (
        "an accepted cart is one order",
        lambda: replace(SOUND, orders={CANCELLED: ORDERS[CANCELLED]}),
    ),
    "an order placed twice": (
        "an accepted cart is one order",
        lambda: _order("order-3", placed("order-3", ANN, LINES, "10.00")),
    ),
    "an order of nobody": (
        "an order was asked for",
        lambda: _order("order-3", placed("order-3", "zoe", LINES, "10.00")),
    ),
    "other lines": (
        "an order has the lines of its cart",
        lambda: _order(SHIPPED, placed(SHIPPED, ANN, DEAR, "1500.00"), *ORDERS[SHIPPED][1:]),
    ),
    "a wrong total": (
        "the total is that of the lines",
        lambda: _order(SHIPPED, placed(SHIPPED, ANN, LINES, "9.00"), *ORDERS[SHIPPED][1:]),
    ),
    "an order that is stuck": (
        "an order is final",
        lambda: _order(SHIPPED, *ORDERS[SHIPPED][:2]),
    ),
    "an order shipped and cancelled": (
        "an order is final",
        lambda: _order(SHIPPED, *ORDERS[SHIPPED], ORDERS[CANCELLED][1]),
    ),
    "a saga that still runs": (
        "a saga ends as its order",
        lambda: replace(SOUND, sagas={**SOUND.sagas, SHIPPED: Document(2, {"status": "running"})}),
    ),
    "a saga that is missing": (
        "a saga ends as its order",
        lambda: replace(SOUND, sagas={SHIPPED: SOUND.sagas[SHIPPED]}),
    ),
    "stock received twice": (
        "stock adds up",
        lambda: _aggregate("StockItem", CUP, Document(5, {"on_hand": 998, "reservations": {}})),
    ),
    "a reservation left behind": (
        "a final order reserves nothing",
        lambda: _aggregate(
            "StockItem", CUP, Document(5, {"on_hand": 498, "reservations": {CANCELLED: 300}})
        ),
    ),
    "more shipped than there was": (
        "no more is shipped than there is",
        lambda: _aggregate("StockItem", CUP, Document(5, {"on_hand": -2, "reservations": {}})),
    ),
    "a shipped order that was refunded": (
        "a payment matches its order",
        lambda: _aggregate("Payment", SHIPPED, Document(2, {"status": "refunded", "amount": "10"})),
    ),
    "a cancelled order that was paid": (
        "a payment matches its order",
        lambda: _aggregate(
            "Payment", CANCELLED, Document(1, {"status": "captured", "amount": "1500"})
        ),
    ),
    "another amount": (
        "a payment has the amount of its order",
        lambda: _aggregate("Payment", SHIPPED, Document(1, {"status": "captured", "amount": "11"})),
    ),
    "a payment for nothing": (
        "a payment is for an order",
        lambda: _aggregate(
            "Payment", "order-9", Document(1, {"status": "captured", "amount": "1"})
        ),
    ),
    "a parcel for a cancelled order": (
        "a parcel is for a shipped order",
        lambda: _aggregate("Shipment", CANCELLED, Document(1, {})),
    ),
    "no parcel": (
        "a shipped order has a parcel",
        lambda: _aggregate("Shipment", SHIPPED, None),
    ),
    "an event that was never published": (
        "the log has every change once",
        lambda: replace(SOUND, log=LOG[1:]),
    ),
    "an event published though nothing was stored": (
        "the log has every change once",
        lambda: _aggregate("Product", CUP, Document(1, {})),
    ),
    "two events with one sequence number": (
        "the log has every change once",
        lambda: replace(SOUND, log=(*LOG, replace(LOG[1], id="another"))),
    ),
    "an event that differs in the log": (
        "the log has what was stored",
        lambda: replace(
            SOUND,
            log=tuple(
                replace(e, data={"reason": "another"}) if e.type == "OrderCancelled" else e
                for e in LOG
            ),
        ),
    ),
    "events that overtook each other": (
        "the log keeps the order",
        lambda: replace(SOUND, log=(LOG[1], LOG[0], *LOG[2:])),
    ),
    "a message in the outbox": (
        "nothing waits",
        lambda: replace(SOUND, waiting={"order outbox": 1}),
    ),
    "an old status": (
        "a read model equals its rebuild",
        lambda: _row("order_history", SHIPPED, status="confirmed"),
    ),
    "an effect that happened twice": (
        "a read model equals its rebuild",
        lambda: _row("catalog", CUP, available=496),
    ),
    "a row that is missing": (
        "a read model equals its rebuild",
        lambda: replace(SOUND, rows={**SOUND.rows, "catalog": {}}),
    ),
    "a row too many": (
        "a read model equals its rebuild",
        _extra_row,
    ),
    "an old price in the cart's copy": (
        "a read model equals its rebuild",
        lambda: replace(
            SOUND,
            replicas={CUP: Document(1, {"product_id": CUP, "price": "4.00", "listed": True})},
        ),
    ),
    "a dead letter": (
        "no message becomes a dead letter",
        lambda: replace(
            SOUND, dead_letters=(DeadLetter(group="catalog", reason="boom", message="{}"),)
        ),
    ),
}


@pytest.mark.parametrize("what", DAMAGE)
def test_damage_is_found(what: str) -> None:
    promise, damaged = DAMAGE[what]
    assert promise in {finding.promise for finding in check(ledger(), damaged())}


def test_a_cart_that_was_refused_is_no_order() -> None:
    found = ledger()
    found.purchases[0] = replace(found.purchases[0], answer=Answer.REFUSED)
    assert "an accepted cart is one order" in {f.promise for f in check(found, SOUND)}


def test_a_cart_that_was_never_answered_may_be_an_order_or_none() -> None:
    found = ledger()
    found.purchases[0] = replace(found.purchases[0], answer=Answer.UNKNOWN)
    lines = (Line(product=CUP, quantity=1),)
    found.purchases.append(Purchase(customer="cid", lines=lines, answer=Answer.UNKNOWN))
    assert check(found, SOUND) == []


def test_stock_that_may_have_arrived_may_be_there() -> None:
    found = ledger()
    found.receipts[0] = replace(found.receipts[0], answer=Answer.UNKNOWN)
    assert check(found, SOUND) == []


def test_a_command_that_was_refused_is_found() -> None:
    found = ledger()
    found.refusals["check-out 409 cart_is_not_empty"] += 1
    assert [f.promise for f in check(found, SOUND)] == ["an allowed command is accepted"]


def test_poison_is_no_finding_but_must_be_a_dead_letter() -> None:
    found = ledger()
    found.poison.append("poison 1")
    assert [f.promise for f in check(found, SOUND)] == ["poison becomes a dead letter"]
    letter = DeadLetter(group="catalog", reason="Undecodable", message="poison 1")
    assert check(found, replace(SOUND, dead_letters=(letter,))) == []
