"""Stock adds up: what arrived is on the shelf, reserved, or was shipped."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator

from tests.faults.checks.finding import Finding
from tests.faults.ledger import Answer, Ledger
from tests.faults.snapshot import Document, Snapshot


def adds_up(ledger: Ledger, snapshot: Snapshot) -> Iterator[Finding]:
    """On hand is what arrived without what was shipped; nothing is reserved for a final order."""
    arrived: Counter[str] = Counter()
    unknown: Counter[str] = Counter()
    for receipt in ledger.receipts:
        if receipt.answer is not Answer.REFUSED:
            counter = arrived if receipt.answer is Answer.ACCEPTED else unknown
            counter[receipt.line.product] += receipt.line.quantity
    shipped = _shipped(snapshot)
    items = snapshot.aggregates.get("StockItem", {})
    for product in items.keys() | arrived.keys() | shipped.keys():
        data = items.get(product, Document(0, {"on_hand": 0, "reservations": {}})).data
        least = arrived[product] - shipped[product]
        if not least <= data["on_hand"] <= least + unknown[product]:
            detail = (
                f"{data['on_hand']} on hand, {arrived[product]} arrived, "
                f"{unknown[product]} may have arrived, {shipped[product]} shipped"
            )
            yield Finding("stock adds up", product, detail)
        if data["on_hand"] < 0:
            yield Finding("no more is shipped than there is", product, f"{data['on_hand']} on hand")
        for order, quantity in data["reservations"].items():
            detail = f"{quantity} for the order {order}"
            yield Finding("a final order reserves nothing", product, detail)


def _shipped(snapshot: Snapshot) -> Counter[str]:
    found: Counter[str] = Counter()
    for events in snapshot.orders.values():
        for event in events:
            if event.type == "OrderShipped":
                for line in event.data["lines"]:
                    found[line["product_id"]] += line["quantity"]
    return found
