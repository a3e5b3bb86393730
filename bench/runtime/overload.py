"""Five times more than the shop can do: what it still answers in time, and how soon it recovers."""

from __future__ import annotations

import asyncio
import time
from dataclasses import dataclass

from bench.runtime.driver import Driver, Watch

_DEADLINE = 2.0  # the gateway's, for an answer; an order has two
_FACTOR = 5
_SECONDS = 15.0
_QUICK = 0.25
_IN_A_ROW = 3
_RECOVERY_LIMIT = 120.0
_DRAIN_LIMIT = 300.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Overload:
    """What came of it.

    Attributes:
        share: Orders a second that were accepted in time, as a share of the capacity.
        recovery: Seconds from the end of the load until an order is answered as soon as always.
        drained: Seconds from the end of the load until every accepted order was shipped.
    """

    share: float
    recovery: float
    drained: float


async def overload(driver: Driver, watch: Watch, capacity: float) -> Overload:
    """Place five times as many orders as the shop can take, then wait until it is itself again."""
    orders = await driver.steadily(_FACTOR * capacity, _SECONDS)
    last = max(order.asked for order in orders)
    in_time = sum(
        order.answered is not None and order.answered - order.asked <= 2 * _DEADLINE
        for order in orders
    )
    quick = 0
    while quick < _IN_A_ROW and time.perf_counter() - last < _RECOVERY_LIMIT:
        order = await driver.once()
        is_quick = order.answered is not None and order.answered - order.asked <= _QUICK
        quick = quick + 1 if is_quick else 0
        await asyncio.sleep(0.05)
    recovery = time.perf_counter() - last
    accepted = {order.customer for order in orders if order.answered is not None}
    while not accepted <= watch.shipped.keys() and (  # noqa: ASYNC110 - polls many orders
        time.perf_counter() - last < _DRAIN_LIMIT
    ):
        await asyncio.sleep(0.1)
    return Overload(
        share=in_time / _SECONDS / capacity,
        recovery=recovery,
        drained=time.perf_counter() - last,
    )
