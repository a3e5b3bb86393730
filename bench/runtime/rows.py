"""The group `runtime` of `make bench`: the rows of its table."""

from __future__ import annotations

import asyncio
import os
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass

from bench.report import Row
from bench.runtime import driver as load
from bench.runtime import floors
from bench.runtime.catching_up import catch_up
from bench.runtime.driver import Driver, Watch
from bench.runtime.overload import overload
from bench.runtime.trial import Trial, trial
from tests.fleet.deployment import GATEWAY, HUB, ROOT, copy_shop, plan
from tests.fleet.processes import Fleet
from tests.fleet.tokens import Issuer

_FOLDER = ROOT / "build" / "bench"
_SECONDS = float(os.environ.get("BENCH_SECONDS", "60"))
_CORES = 2
_STEADY_RATE, _STEADY_SECONDS = 10.0, 20.0
_STEP_SECONDS = 10.0
_SHARES = (0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9)
_BARE = "a bare command"


@dataclass(frozen=True, slots=True)
class Shop:
    """The running shop with its load driver."""

    fleet: Fleet
    driver: Driver
    watch: Watch

    async def trial(self, rate: float, seconds: float) -> Trial:
        """Place orders at a rate; say how it went."""
        done = await trial(self.fleet, self.driver, self.watch, rate, seconds)
        print(f"  {done}", flush=True)
        return done


def rows() -> list[Row]:
    """Measure the running shop; take about ten minutes."""
    copy_shop(_FOLDER)
    return asyncio.run(_rows())


async def _rows() -> list[Row]:
    async with _running(replicas=1) as shop:
        bare = await floors.bare_command(shop.driver)
        cart = shop.fleet.running["cart-1"]
        assert cart.child is not None
        command = await floors.command(shop.driver, cart.process.url, cart.child.pid)
        steady = await shop.trial(_STEADY_RATE, _STEADY_SECONDS)
        held = await _held(shop, _CORES / steady.cost)
        over = await overload(shop.driver, shop.watch, _CORES / held.cost)
        memory = shop.fleet.memory() / 2**20
    async with _running(replicas=2) as shop:
        two = await shop.trial(_STEADY_RATE, _STEADY_SECONDS)
    caught = await catch_up(plan(_FOLDER, replicas=1))
    return [
        Row("a bare command, processor", bare * 1000, "ms", None, None, ""),
        Row("a command, its own service", command * 1000, "ms", None, command / bare, _BARE, 1.5),
        *_cost("an order, all processes", steady, bare),
        Row("the load driver, an order", _driver(steady), "ms", None, None, ""),
        Row(f"rate held for {_SECONDS:.0f} s", held.rate, "orders/s", None, None, ""),
        Row(
            "the same, of what two cores can do",
            100 * held.rate * held.cost / _CORES if held.held else 0.0,
            "%",
            None,
            None,
            "",
            least=60,
        ),
        Row("command to its row at that rate, p99", held.shown * 1000, "ms", 250, None, ""),
        Row("shipped within 1 s at that rate", 100 * held.shipped, "%", None, None, "", least=99),
        Row("two processes a unit, an order", two.cost * 1000, "ms", None, two.cost / bare, _BARE),
        Row("the same, of one process a unit", 100 * two.cost / steady.cost, "%", None, None, ""),
        Row(
            "five times what two cores can do, in time, of it",
            100 * over.share,
            "%",
            None,
            None,
            "",
            least=80,
        ),
        Row("answers as always after", over.recovery, "s", 5, None, ""),
        Row("everything accepted shipped after", over.drained, "s", None, None, ""),
        Row("memory of the shop (RSS)", memory, "MB", None, None, ""),
        Row(f"{caught.events} events caught up", caught.projection, "events/s", None, None, ""),
        Row(
            "the same, of a loop by hand",
            100 * caught.projection / caught.by_hand,
            "%",
            None,
            None,
            "",
            least=40,
        ),
        Row("memory for 100,000 more events", caught.growth, "MB", None, None, ""),
    ]


def _cost(what: str, steady: Trial, bare: float) -> list[Row]:
    hub, gateway = (1000 * steady.cpu[name] / steady.accepted for name in (HUB, GATEWAY))
    total = 1000 * steady.cost
    return [
        Row(what, total, "ms", None, steady.cost / bare, _BARE, 20),
        Row("of which the hub", hub, "ms", None, None, ""),
        Row("of which the gateway", gateway, "ms", None, None, ""),
    ]


def _driver(steady: Trial) -> float:
    return 1000 * steady.driver / steady.orders


async def _held(shop: Shop, ceiling: float) -> Trial:
    """Return the highest rate that is held, tried by shares of the ceiling, then at length."""
    good = 0
    while good < len(_SHARES):
        done = await shop.trial(_SHARES[good] * ceiling, _STEP_SECONDS)
        if not done.held:
            break
        good += 1
    for share in reversed(_SHARES[:good]):
        done = await shop.trial(share * ceiling, _SECONDS)
        if done.held:
            return done
    return await shop.trial(_SHARES[0] * ceiling / 2, _SECONDS)


@asynccontextmanager
async def _running(*, replicas: int) -> AsyncIterator[Shop]:
    deployment = plan(_FOLDER, replicas=replicas)
    async with AsyncExitStack() as stack:
        fleet = await stack.enter_async_context(Fleet(deployment))
        http = await stack.enter_async_context(load.session())
        driver = Driver(deployment, http, Issuer.of(deployment.root))
        await driver.open()
        watch = await stack.enter_async_context(Watch(deployment.nats_url))
        yield Shop(fleet, driver, watch)
