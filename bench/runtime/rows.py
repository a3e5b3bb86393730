"""The group `runtime` of `make bench`: the rows of its table."""

from __future__ import annotations

import asyncio
import os
from collections.abc import AsyncIterator, Mapping
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass

from bench.report import Row
from bench.runtime import driver as load
from bench.runtime import floors
from bench.runtime.catching_up import catch_up
from bench.runtime.driver import Driver, Watch
from bench.runtime.overload import overload
from bench.runtime.reads import reads
from bench.runtime.trial import Trial, trial
from tests.fleet.deployment import GATEWAY, HUB, ROOT, copy_shop, plan
from tests.fleet.processes import Fleet
from tests.fleet.tokens import Issuer

_FOLDER = ROOT / "build" / "bench"
_SECONDS = float(os.environ.get("BENCH_SECONDS", "60"))
_CORES = 2
_STEADY_RATE, _STEADY_SECONDS = 10.0, 20.0
_STEP, _STEP_SECONDS = 1.2, 10.0
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


def read_rows() -> list[Row]:
    """Measure reads alone; take about a minute."""
    copy_shop(_FOLDER)
    return asyncio.run(_read_rows())


async def _read_rows() -> list[Row]:
    async with _running(replicas=1) as shop:
        found = await reads(shop.fleet, shop.driver)
    return [
        Row("a query, its own unit", 1000 * found.query, "ms", None, None, ""),
        Row("an endpoint, its own unit", 1000 * found.endpoint, "ms", None, None, ""),
    ]


async def _rows() -> list[Row]:
    async with _running(replicas=1) as shop:
        cart = shop.fleet.running["cart-1"]
        assert cart.child is not None
        steady = await shop.trial(_STEADY_RATE, _STEADY_SECONDS)
        held = await _held(shop)
        async with floors.bare(shop.driver) as server:
            command = await floors.command(shop.driver, cart.process.url, cart.child.pid)
            bare = await server.command()
            # An order has two commands.
            paced = {t.rate: await server.command_at(2 * t.rate) for t in (steady, held)}
        over = await overload(shop.driver, shop.watch, _CORES / held.cost)
        memory = shop.fleet.memory() / 2**20
    async with _running(replicas=2) as shop:
        two = await shop.trial(_STEADY_RATE, _STEADY_SECONDS)
    caught = await catch_up(plan(_FOLDER, replicas=1))
    return [
        Row("a bare command, processor", bare * 1000, "ms", None, None, ""),
        Row("a command, its own service", command * 1000, "ms", None, command / bare, _BARE, 1.5),
        *_cost(held, bare, paced),
        *_cost(steady, bare, paced),
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


def _cost(trial: Trial, bare: float, paced: Mapping[float, float]) -> list[Row]:
    """Return what an order costs, in the unit that is as hot as can be, and in one that is not."""
    at = f"at {trial.rate:.0f}/s"
    hub, gateway = (1000 * trial.cpu[name] / trial.accepted for name in (HUB, GATEWAY))
    total = 1000 * trial.cost
    like = f"a bare command at {2 * trial.rate:.0f}/s"
    return [
        Row(f"an order {at}, all processes", total, "ms", None, trial.cost / bare, _BARE, 20),
        Row("the same", total, "ms", None, trial.cost / paced[trial.rate], like),
        Row("of which the hub", hub, "ms", None, None, ""),
        Row("of which the gateway", gateway, "ms", None, None, ""),
    ]


def _driver(steady: Trial) -> float:
    return 1000 * steady.driver / steady.orders


async def _held(shop: Shop) -> Trial:
    """Return the highest rate that is held, tried in steps, then at length."""
    good, rate = [_STEADY_RATE / 2], _STEADY_RATE
    while (await shop.trial(rate, _STEP_SECONDS)).held:
        good.append(rate)
        rate *= _STEP
    for rate in reversed(good):
        done = await shop.trial(rate, _SECONDS)
        if done.held:
            break
    return done


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
