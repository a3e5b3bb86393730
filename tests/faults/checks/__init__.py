"""What must be true of the shop after a run: `check` returns everything that is not."""

from __future__ import annotations

from collections.abc import Callable, Iterable

from tests.faults.checks import dead_letters, logs, orders, payments, read_models, stock
from tests.faults.checks.finding import Finding
from tests.faults.ledger import Ledger
from tests.faults.snapshot import Snapshot

Check = Callable[[Ledger, Snapshot], Iterable[Finding]]

ALL: tuple[Check, ...] = (
    orders.accepted_exist_once,
    orders.are_final,
    orders.sagas_have_ended,
    orders.nothing_was_refused,
    stock.adds_up,
    payments.match_orders,
    payments.parcels_match_orders,
    logs.have_every_change_once,
    logs.keep_the_order,
    logs.nothing_waits,
    read_models.equal_their_rebuild,
    dead_letters.were_put_there,
)


def check(ledger: Ledger, snapshot: Snapshot) -> list[Finding]:
    """Return everything that is wrong."""
    return [finding for one in ALL for finding in one(ledger, snapshot)]
