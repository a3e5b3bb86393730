"""A process with the whole market in it, for the tests that kill it.

Reads commands as lines of JSON, and answers each with a line once it is carried out.
"""

from __future__ import annotations

import asyncio
import json
import sys
from pathlib import Path
from uuid import UUID

import market  # type: ignore[import-not-found]  # a script: its folder is on the path
from chassis.domain import Refused
from chassis.hub.nats.hub import connect_nats
from chassis.runtime import ProjectionRuntime, ServiceRuntime
from chassis.store.sqlite.store import open_sqlite


async def main(url: str, system: str, folder: Path) -> None:
    """Run the market until the end of standard input."""
    messages = market.catalog(system)
    hub = await connect_nats(url, "victim")
    services = [
        market.product_service(messages),
        market.order_service(messages, market.checkout()),
        market.stock_service(messages),
        market.payment_service(messages),
    ]
    runtimes = {
        service.name: ServiceRuntime(service, open_sqlite(folder / f"{service.name}.db"), hub)
        for service in services
    }
    projections = [market.prices(messages), market.order_history(messages)]
    running = [
        ProjectionRuntime(projection, open_sqlite(folder / f"{projection.name}.db"), hub)
        for projection in projections
    ]
    await asyncio.gather(*(runtime.start() for runtime in runtimes.values()))
    await asyncio.gather(*(runtime.start() for runtime in running))
    print("ready", flush=True)
    loop = asyncio.get_running_loop()
    async with asyncio.TaskGroup() as tasks:
        while line := await loop.run_in_executor(None, sys.stdin.readline):
            tasks.create_task(carry_out(runtimes, json.loads(line)))


async def carry_out(runtimes: dict[str, ServiceRuntime], order: dict[str, str]) -> None:
    command = getattr(market, order["command"]).model_validate(order["data"])
    for _ in range(500):
        try:
            await runtimes[order["service"]].handle(
                command, caller=None, message_id=UUID(order["id"])
            )
        except Refused:  # the replica is not there yet
            await asyncio.sleep(0.01)
        else:
            break
    print(order["id"], flush=True)


if __name__ == "__main__":
    asyncio.run(main(sys.argv[1], sys.argv[2], Path(sys.argv[3])))
