"""The group `shop` of `make bench`: orders in a second, embedded and on the engines of the spec.

Customers at the same time put an item into a cart and check out, through the gateway, and order
again when their order is shipped: the saga has reserved, charged and confirmed by then.
"""

from __future__ import annotations

import asyncio
import json
import os
import shutil
import statistics
import subprocess
import tempfile
import time
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

from bench.report import Row
from bench.runtime import driver as load
from bench.runtime.driver import Driver, Order
from tests.fleet.deployment import Deployment, Process, copy_shop
from tests.fleet.tokens import Issuer
from tests.servers import cassandra, kafka, redis
from tests.servers.mongodb import MongoServer

_SECONDS = float(os.environ.get("BENCH_SECONDS", "60"))
_WARM_UP = 0.5  # of that time: the servers on the JVM compile what they run often
_CUSTOMERS = 16
_POLL = 0.25  # questions are work, too
_TIMEOUT = 60.0


@dataclass(frozen=True, slots=True)
class Result:
    """What came of a run: orders that were shipped in a second, and the seconds of each."""

    rate: float
    latencies: list[float]

    @property
    def median(self) -> float:
        """The median of the milliseconds from a checkout to the shipped order."""
        return 1000 * statistics.median(self.latencies)


def rows() -> list[Row]:
    """Measure the shop on both; take some minutes."""
    folder = Path(tempfile.mkdtemp(prefix="bench-"))
    folder.chmod(0o711)  # the user `postgres` has to reach it
    server = MongoServer(folder / "mongodb")
    shop = folder / "shop"
    try:
        copy_shop(shop)
        embedded = _measured(shop, {})
        server.start()
        real = _measured(shop, {"MONGODB_URL": server.url, **_programs()})
    finally:
        server.kill()
        shutil.rmtree(folder)
    of = "the embedded shop"
    on = "Kafka, PostgreSQL, Redis, Cassandra, SecantusDB"
    ratio, slower = real.rate / embedded.rate, real.median / embedded.median
    return [
        Row("orders shipped, embedded", embedded.rate, "orders/s", None, None, ""),
        Row(f"orders shipped, {on}", real.rate, "orders/s", None, ratio, of),
        Row("an order until shipped, embedded, p50", embedded.median, "ms", None, None, ""),
        Row("the same on the engines, p50", real.median, "ms", None, slower, of),
    ]


def _programs() -> Mapping[str, str]:
    """Where the programs are that the tests have installed."""
    homes = {"KAFKA_HOME": str(kafka.home()), "CASSANDRA_HOME": str(cassandra.home())}
    return {"ENGINES": "real", "DOCKER_HOST": "none", **homes, **redis.programs()}


def _measured(shop: Path, variables: Mapping[str, str]) -> Result:
    _make(shop, "up", variables)
    try:
        return asyncio.run(_measure(shop))
    finally:
        _make(shop, "down", variables)


async def _measure(shop: Path) -> Result:
    async with _driver(shop) as driver:
        await _orders(driver, _SECONDS * _WARM_UP)
        began = time.perf_counter()
        latencies = await _orders(driver, _SECONDS)
        return Result(len(latencies) / (time.perf_counter() - began), latencies)


async def _orders(driver: Driver, seconds: float) -> list[float]:
    """Place orders for some seconds; return the seconds of each from checkout to shipping."""
    latencies: list[float] = []
    end = time.perf_counter() + seconds

    async def customer() -> None:
        while time.perf_counter() < end:
            order = await driver.once()
            assert order.answered is not None, "an order was refused"
            await _until_shipped(driver, order)
            latencies.append(time.perf_counter() - order.answered)

    await asyncio.gather(*(customer() for _ in range(_CUSTOMERS)))
    return latencies


async def _until_shipped(driver: Driver, order: Order) -> None:
    """Ask the read model, not through the gateway, which limits the rate."""
    url = f"{driver.deployment.of_unit('order_history')[0].url}/order-history"
    headers = driver.issuer.headers(order.customer, "customer")
    deadline = time.perf_counter() + _TIMEOUT
    while time.perf_counter() < deadline:
        params = {"customer_id": order.customer}
        async with driver.http.get(url, params=params, headers=headers) as answer:
            items = (await answer.json())["items"] if answer.status == 200 else []
        if any(item["status"] == "shipped" for item in items):
            return
        await asyncio.sleep(_POLL)
    raise TimeoutError(f"the order of {order.customer} is not shipped")


@asynccontextmanager
async def _driver(shop: Path) -> AsyncIterator[Driver]:
    plan = json.loads((shop / ".local" / "state.json").read_bytes())["plan"]
    processes = tuple(
        Process(name=unit, unit=unit, url=url, command=(), env={})
        for each in plan["processes"]
        for unit, url in each["units"].items()
    )
    deployment = Deployment(
        root=shop,
        gateway_url=f"http://127.0.0.1:{plan['gateway_port']}",
        nats_url="",
        processes=processes,
    )
    async with load.session() as http:
        driver = Driver(deployment, http, Issuer.of(shop))
        await driver.open()
        yield driver


def _make(shop: Path, target: str, variables: Mapping[str, str]) -> None:
    inherited = {k: v for k, v in os.environ.items() if k not in ("VIRTUAL_ENV", "PYTHONPATH")}
    environment = {**inherited, "GATEWAY_PORT": "0", **variables}
    command = ["make", "--silent", "-C", str(shop), target]
    subprocess.run(command, check=True, env=environment, stdout=subprocess.DEVNULL)
