"""Every accepted order exists once, is final, and its saga has ended."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterator
from decimal import Decimal

from tests.faults.checks.finding import Finding
from tests.faults.ledger import Answer, Ledger, Purchase
from tests.faults.snapshot import Event, Snapshot

_LIVES = (
    ("OrderPlaced", "OrderConfirmed", "OrderShipped"),
    ("OrderPlaced", "OrderCancelled"),
)
_SAGA_STATUS = {"OrderShipped": "completed", "OrderConfirmed": "completed"}


def accepted_exist_once(ledger: Ledger, snapshot: Snapshot) -> Iterator[Finding]:
    """An accepted cart is one order; an unanswered one at most one; a refused one none."""
    of_customer: dict[str, list[Event]] = defaultdict(list)
    for events in snapshot.orders.values():
        of_customer[events[0].data["customer_id"]].append(events[0])
    for purchase in ledger.purchases:
        yield from _purchase(purchase, of_customer.pop(purchase.customer, []))
    for customer, orders in of_customer.items():
        yield Finding("an order was asked for", orders[0].subject, f"nobody is {customer}")


def _purchase(purchase: Purchase, placed: list[Event]) -> Iterator[Finding]:
    least, most = {
        Answer.ACCEPTED: (1, 1),
        Answer.UNKNOWN: (0, 1),
        Answer.REFUSED: (0, 0),
    }[purchase.answer]
    if not least <= len(placed) <= most:
        detail = f"{len(placed)} orders for a cart that was {purchase.answer}"
        yield Finding("an accepted cart is one order", purchase.customer, detail)
    asked = Counter({line.product: line.quantity for line in purchase.lines})
    for event in placed:
        ordered = {line["product_id"]: line["quantity"] for line in event.data["lines"]}
        if asked != Counter(ordered):
            detail = f"{dict(asked)} was asked for, {ordered} ordered"
            yield Finding("an order has the lines of its cart", event.subject, detail)
        total = sum(line["quantity"] * Decimal(line["unit_price"]) for line in event.data["lines"])
        if total != Decimal(event.data["total"]):
            detail = f"{event.data['total']} instead of {total}"
            yield Finding("the total is that of the lines", event.subject, detail)


def are_final(ledger: Ledger, snapshot: Snapshot) -> Iterator[Finding]:
    """An order was shipped after it was confirmed, or cancelled; nothing else, nothing more."""
    for id, events in snapshot.orders.items():
        life = tuple(event.type for event in events)
        if life not in _LIVES:
            yield Finding("an order is final", id, " -> ".join(life))


def sagas_have_ended(ledger: Ledger, snapshot: Snapshot) -> Iterator[Finding]:
    """There is one instance for each order, and it has ended as the order has."""
    for id, events in snapshot.orders.items():
        instance = snapshot.sagas.get(id)
        expected = _SAGA_STATUS.get(events[-1].type, "failed")
        status = instance.data["status"] if instance else "missing"
        if status != expected:
            detail = f"{status} instead of {expected} after {events[-1].type}"
            yield Finding("a saga ends as its order", id, detail)


def nothing_was_refused(ledger: Ledger, snapshot: Snapshot) -> Iterator[Finding]:
    """Every command of the load is one that the rules of the domain allow."""
    for text, count in ledger.refusals.items():
        yield Finding("an allowed command is accepted", text, f"{count} times")
