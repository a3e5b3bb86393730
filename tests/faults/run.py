"""One run: start, load, break, heal, settle, check."""

from __future__ import annotations

import asyncio
import random
import time
from collections import Counter
from dataclasses import dataclass, replace
from importlib.util import find_spec
from pathlib import Path

from tests.faults import load, stores
from tests.faults.chaos import Chaos, write_clock
from tests.faults.checks import check
from tests.faults.checks.finding import Finding
from tests.faults.ledger import Ledger
from tests.faults.load import Shoppers
from tests.faults.logs import Log, open_log
from tests.faults.logs.errors import HubError
from tests.faults.schedule import Fault, Kind, draw
from tests.faults.snapshot import Snapshot
from tests.faults.stores import Stores
from tests.fleet.deployment import Deployment, Process
from tests.fleet.processes import Fleet
from tests.fleet.tokens import Issuer

PLUGIN = Path(__file__).parent / "plugin"
_SETTLE_LIMIT = 300.0
_STILL = 45.0  # seconds without any progress after which nothing more will come
_READ_BACK = 50
_HUB_ATTEMPTS = 60


@dataclass(frozen=True, slots=True, kw_only=True)
class Options:
    """What to do in a run."""

    seed: int
    orders: int
    seconds: float
    kinds: frozenset[Kind]
    every: float
    mutant: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Result:
    """What came of a run."""

    ledger: Ledger
    faults: Counter[str]
    starts: int
    load_seconds: float
    settle_seconds: float
    findings: list[Finding]


async def run(deployment: Deployment, options: Options) -> Result:
    """Run the shop, break it, and check it."""
    controls = deployment.root / ".local" / "controls"
    controls.mkdir()
    deployment = _with_controls(deployment, controls, options)
    choice = random.Random(options.seed)
    async with (
        Fleet(deployment) as fleet,
        open_log(deployment) as log,
        load.session(deployment.gateway_url) as http,
    ):
        shoppers = Shoppers(http, Issuer.of(deployment.root), choice)
        await shoppers.open()
        faults = _schedule(deployment, options)
        chaos = Chaos(fleet, log, shoppers.ledger, random.Random(options.seed), controls)
        began = time.monotonic()
        await asyncio.gather(shoppers.buy(options.orders, options.seconds), chaos.run(faults))
        await chaos.heal()
        loaded = time.monotonic()
        findings = await _settle(stores.of(deployment), log, shoppers)
        return Result(
            ledger=shoppers.ledger,
            faults=chaos.done,
            starts=sum(running.starts - 1 for running in fleet.running.values()),
            load_seconds=loaded - began,
            settle_seconds=time.monotonic() - loaded,
            findings=findings,
        )


def _schedule(deployment: Deployment, options: Options) -> list[Fault]:
    """Return the faults; what has a store is broken three times as often as what has none."""
    served = [process for process in deployment.processes if process.unit is not None]
    names = [p.name for p in served for _ in range(1 if p.is_bff else 3)]
    units = sorted({process.unit for process in served if process.unit is not None})
    servers = sorted(deployment.servers)
    return draw(options.seed, options.seconds, names, units, options.kinds, options.every, servers)


def _with_controls(deployment: Deployment, controls: Path, options: Options) -> Deployment:
    """Return the deployment whose units load the plugin, each process with a clock of its own."""
    plugin = {"PYTHONPATH": str(PLUGIN), "FAULTS_CONTROLS": str(controls)}
    if options.mutant is not None:
        plugin["FAULTS_MUTANT"] = options.mutant

    def controlled(process: Process) -> Process:
        if process.unit is None:
            return process
        clock = _clock(controls, process) if Kind.JUMP in options.kinds else {}
        return replace(process, env={**process.env, **plugin, **clock})

    return replace(deployment, processes=tuple(map(controlled, deployment.processes)))


def _clock(controls: Path, process: Process) -> dict[str, str]:
    """Return the variables of libfaketime, which reads the clock's error from a file."""
    package = find_spec("libfaketime")
    assert package is not None
    assert package.origin is not None
    write_clock(controls, process.name, 0)
    return {
        "LD_PRELOAD": str(Path(package.origin).parent / "vendor/libfaketime/src/libfaketime.so.1"),
        "FAKETIME_TIMESTAMP_FILE": str(controls / f"{process.name}.clock"),
        "FAKETIME_CACHE_DURATION": "1",
        "FAKETIME_DISABLE_SHM": "1",
        "DONT_FAKE_MONOTONIC": "1",
        # Python waits for its lock by the monotonic clock; the "fix" would make that wait spin.
        "FAKETIME_FORCE_MONOTONIC_FIX": "0",
    }


async def _settle(held: Stores, log: Log, shoppers: Shoppers) -> list[Finding]:
    """Check until nothing is wrong, or nothing changes any more."""
    began = changed = time.monotonic()
    before: object = None
    while True:
        findings = check(shoppers.ledger, await snapshot(held, log))
        findings += await _read_back(shoppers)
        done = await asyncio.to_thread(held.progress)
        progress = done, len(log.messages), len(findings)
        now = time.monotonic()
        if progress != before:
            before, changed = progress, now
        if not findings or now - changed > _STILL or now - began > _SETTLE_LIMIT:
            return findings
        await asyncio.sleep(2)


async def snapshot(stores: Stores, log: Log) -> Snapshot:
    """Read the stores, then the log, which is then at least as new."""
    held = await asyncio.to_thread(stores.read)
    await _read_at_last(log)
    return Snapshot(log=tuple(log.messages), **held)


async def _read_at_last(log: Log) -> None:
    """Read the log of a hub that may have been started just now."""
    for _ in range(_HUB_ATTEMPTS):
        try:
            await log.read()
            return
        except HubError:
            await asyncio.sleep(1)


async def _read_back(shoppers: Shoppers) -> list[Finding]:
    """Ask for some orders as their customers would: through the gateway."""
    findings = []
    path = "/order-history"
    purchases = shoppers.ledger.purchases
    for purchase in purchases[:: max(1, len(purchases) // _READ_BACK)]:
        answer = await shoppers.get(path, purchase.customer, {"customer_id": purchase.customer})
        statuses = [item["status"] for item in (answer or {}).get("items", [])]
        if len(statuses) > 1 or not set(statuses) <= {"shipped", "cancelled"} or answer is None:
            detail = f"{statuses}" if answer else "no answer"
            findings.append(Finding("a customer sees the order", purchase.customer, detail))
    return findings
