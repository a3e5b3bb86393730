"""One trial: orders at one rate, and what they cost and how long they took."""

from __future__ import annotations

import asyncio
import time
from collections import Counter
from dataclasses import dataclass

from bench.runtime.driver import Driver, Order, Watch, own_cpu
from tests.fleet.processes import Fleet

_SHIPPED_WITHIN = 1.0
_SHOWN_WITHIN = 0.25
_DRAIN = 90.0  # seconds after which what was not shipped is not waited for


@dataclass(frozen=True, slots=True, kw_only=True)
class Trial:
    """What came of a trial.

    Attributes:
        rate: Orders a second.
        orders: How many were placed.
        accepted: How many were accepted.
        shipped: The share of all orders that was shipped within a second after the answer.
        shown: The 99th percentile of the seconds from an answer to the row in the read model.
        cpu: The processor seconds of each process.
        driver: The processor seconds of the load driver.
        drained: Seconds from the last answer until everything was shipped.
    """

    rate: float
    orders: int
    accepted: int
    shipped: float
    shown: float
    cpu: Counter[str]
    driver: float
    drained: float

    @property
    def cost(self) -> float:
        """The processor seconds of an order in the whole shop."""
        return self.cpu.total() / max(1, self.accepted)

    @property
    def held(self) -> bool:
        """Whether the shop kept up."""
        return self.accepted == self.orders and self.shipped >= 0.99 and self.shown <= _SHOWN_WITHIN

    def __str__(self) -> str:
        return (
            f"{self.rate:.1f}/s: {self.accepted} of {self.orders} accepted, "
            f"{self.shipped:.1%} shipped within 1 s, shown p99 {self.shown * 1000:.0f} ms, "
            f"{self.cost * 1000:.1f} ms an order, "
            f"of the driver {self.driver / self.orders * 1000:.2f} ms, "
            f"drained after {self.drained:.1f} s"
        )


async def trial(fleet: Fleet, driver: Driver, watch: Watch, rate: float, seconds: float) -> Trial:
    """Place orders at `rate`, wait until they are shipped, and return the figures."""
    before, own = fleet.cpu(), own_cpu()
    orders = await driver.steadily(rate, seconds)
    answered = time.perf_counter()
    accepted = [order for order in orders if order.answered is not None]
    deadline = answered + _DRAIN
    while any(order.customer not in watch.shipped for order in accepted):
        if time.perf_counter() > deadline:
            break
        await asyncio.sleep(0.1)
    return Trial(
        rate=rate,
        orders=len(orders),
        accepted=len(accepted),
        shipped=sum(_in_time(order, watch) for order in orders) / len(orders),
        shown=_shown(accepted),
        cpu=Counter({name: used - before[name] for name, used in fleet.cpu().items()}),
        driver=own_cpu() - own,
        drained=time.perf_counter() - answered,
    )


def _in_time(order: Order, watch: Watch) -> bool:
    shipped = watch.shipped.get(order.customer)
    return (
        order.answered is not None
        and shipped is not None
        and shipped - order.answered <= _SHIPPED_WITHIN
    )


def _shown(orders: list[Order]) -> float:
    seconds = sorted(
        order.shown - order.answered
        for order in orders
        if order.shown is not None and order.answered is not None
    )
    return seconds[min(len(seconds) - 1, int(len(seconds) * 0.99))] if seconds else float("inf")
