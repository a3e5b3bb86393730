"""The log has every change once, in the order of its aggregate, and nothing waits any more."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator

from tests.faults.checks.finding import Finding
from tests.faults.ledger import Ledger
from tests.faults.snapshot import Event, Snapshot


def have_every_change_once(ledger: Ledger, snapshot: Snapshot) -> Iterator[Finding]:
    """The sequence numbers of an aggregate's events are 1 to its version, each of one event."""
    numbers = _numbers(snapshot)
    versions = {
        (name, id): document.version
        for name, documents in snapshot.aggregates.items()
        for id, document in documents.items()
    }
    versions |= {("Order", id): len(events) for id, events in snapshot.orders.items()}
    for key in versions.keys() | numbers.keys():
        found, expected = sorted(numbers.get(key, [])), list(range(1, versions.get(key, 0) + 1))
        if found != expected:
            missing = sorted(set(expected) - set(found))
            detail = f"version {len(expected)}, {len(found)} events, missing {missing}"
            yield Finding("the log has every change once", f"{key[0]} {key[1]}", detail)
    logged = {event.id: event for event in snapshot.events()}
    for id, events in snapshot.orders.items():
        for event in events:
            if event.id in logged and logged[event.id].data != event.data:
                yield Finding("the log has what was stored", f"Order {id}", event.type)


def keep_the_order(ledger: Ledger, snapshot: Snapshot) -> Iterator[Finding]:
    """The events of an aggregate arrived in the order of their sequence numbers."""
    arrived: dict[tuple[str, str], list[Event]] = defaultdict(list)
    for event in snapshot.events():
        arrived[(event.topic, event.subject)].append(event)
    for (topic, subject), events in arrived.items():
        sequence = [event.sequence or 0 for event in events]
        if sequence != sorted(sequence):
            yield Finding("the log keeps the order", f"{topic} {subject}", str(sequence[-20:]))


def nothing_waits(ledger: Ledger, snapshot: Snapshot) -> Iterator[Finding]:
    """No outbox, timer or saga has anything left to do."""
    for what, count in snapshot.waiting.items():
        if count:
            yield Finding("nothing waits", what, str(count))


_AGGREGATES = {
    "product": "Product",
    "cart": "Cart",
    "order": "Order",
    "inventory": "StockItem",
    "payment": "Payment",
    "shipping": "Shipment",
}


def _numbers(snapshot: Snapshot) -> dict[tuple[str, str], list[int]]:
    """Return the sequence numbers in the log by aggregate."""
    found: dict[tuple[str, str], list[int]] = defaultdict(list)
    for event in snapshot.events():
        service = next(name for name in _AGGREGATES if name in event.topic)
        found[(_AGGREGATES[service], event.subject)].append(event.sequence or 0)
    return found
