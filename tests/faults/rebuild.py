"""The read models, made anew from the log: a second, independent implementation of the spec."""

from __future__ import annotations

from typing import Any

from tests.faults.snapshot import Snapshot

Rows = dict[str, dict[str, Any]]

_STATUS = {
    "OrderPlaced": "placed",
    "OrderConfirmed": "confirmed",
    "OrderShipped": "shipped",
    "OrderCancelled": "cancelled",
}
_STOCK = {"StockReceived": 1, "StockReserved": -1, "StockReleased": 1}
_PRODUCT = ("ProductListed", "PriceChanged", "ProductDelisted")


def order_history(snapshot: Snapshot) -> Rows:
    """Return the rows of `order_history`."""
    rows: Rows = {}
    for id, events in snapshot.of_subjects(*_STATUS).items():
        placed = events[0].data
        if events[0].type != "OrderPlaced":
            continue  # an update finds no row
        rows[id] = {
            "customer_id": placed["customer_id"],
            "order_id": id,
            "placed_at": placed["placed_at"],
            "total": placed["total"],
            "status": _STATUS[events[-1].type],
        }
    return rows


def catalog(snapshot: Snapshot) -> Rows:
    """Return the rows of `catalog`."""
    rows: Rows = {}
    for id, product in _products(snapshot).items():
        rows.setdefault(id, _entry(id)).update(product)
    for id, events in snapshot.of_subjects(*_STOCK).items():
        row = rows.setdefault(id, _entry(id))
        row["available"] = sum(_STOCK[event.type] * event.data["quantity"] for event in events)
    return rows


def products(snapshot: Snapshot) -> Rows:
    """Return the rows of the cart's copy of the products."""
    return {
        id: {"product_id": id, "price": product["price"], "listed": product["listed"]}
        for id, product in _products(snapshot).items()
    }


def _entry(id: str) -> dict[str, Any]:
    empty = {"name": "", "category": "", "price": "0", "listed": False}
    return {"product_id": id, **empty, "available": 0}


def _products(snapshot: Snapshot) -> Rows:
    found: Rows = {}
    for id, events in snapshot.of_subjects(*_PRODUCT).items():
        for event in events:
            row = found.setdefault(id, {})
            fields = ("name", "category", "price")
            row.update({name: event.data[name] for name in fields if name in event.data})
            row["listed"] = event.type != "ProductDelisted" and row.get("listed", True)
    return found
