"""What reads cost: a query in its own unit, an endpoint in its backend for frontends."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from uuid import uuid4

from bench.runtime.driver import Driver
from tests.fleet.processes import Fleet

_REQUESTS, _AT_ONCE, _RUNS = 2000, 16, 3


@dataclass(frozen=True, slots=True)
class Reads:
    """Processor seconds: of a query, of an endpoint without the two units that it asks."""

    query: float
    endpoint: float


async def reads(fleet: Fleet, driver: Driver) -> Reads:
    """Measure both, many at once."""
    customer = str(uuid4())
    query = f"/order-history?customer_id={customer}"
    return Reads(
        query=await _cost(fleet, driver, "order_history-1", query, customer),
        endpoint=await _cost(fleet, driver, "web-1", "/home", customer),
    )


async def _cost(fleet: Fleet, driver: Driver, name: str, path: str, customer: str) -> float:
    """Return the least processor seconds of a read in the process `name`."""
    running = fleet.running[name]
    headers = driver.issuer.headers(customer, "customer")

    async def ask(count: int) -> None:
        for _ in range(count):
            async with driver.http.get(running.process.url + path, headers=headers) as answer:
                await answer.read()
                assert answer.status == 200, answer.status

    found = []
    for _ in range(_RUNS + 1):
        before = running.cpu()
        await asyncio.gather(*(ask(_REQUESTS // _AT_ONCE) for _ in range(_AT_ONCE)))
        found.append((running.cpu() - before) / _REQUESTS)
    return min(found[1:])  # the first one warmed up
