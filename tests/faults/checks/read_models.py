"""Every read model equals the one that is made anew from the log."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from tests.faults import rebuild
from tests.faults.checks.finding import Finding
from tests.faults.ledger import Ledger
from tests.faults.snapshot import Documents, Snapshot

_PROMISE = "a read model equals its rebuild"


def equal_their_rebuild(ledger: Ledger, snapshot: Snapshot) -> Iterator[Finding]:
    """Compare each row; a missing one and one too many are findings, too."""
    pairs = (
        ("order_history", rebuild.order_history(snapshot), snapshot.rows.get("order_history", {})),
        ("catalog", rebuild.catalog(snapshot), snapshot.rows.get("catalog", {})),
        ("products of cart", rebuild.products(snapshot), snapshot.replicas),
    )
    for name, expected, actual in pairs:
        yield from _compared(name, expected, actual)


def _compared(
    name: str, expected: Mapping[str, Mapping[str, Any]], actual: Documents
) -> Iterator[Finding]:
    for id in expected.keys() | actual.keys():
        row = actual[id].data if id in actual else {}
        wanted = expected.get(id, {})
        if row == wanted:
            continue
        fields = sorted(row.keys() | wanted.keys())
        different = {
            field: (row.get(field), wanted.get(field))
            for field in fields
            if row.get(field) != wanted.get(field)
        }
        detail = ", ".join(f"{k} {is_!r} instead of {was!r}" for k, (is_, was) in different.items())
        yield Finding(_PROMISE, f"{name} {id}", detail)
