"""`make faults`: run the fault suite and print its figures."""

from __future__ import annotations

import argparse
import asyncio
import random
import sys
from collections import Counter
from collections.abc import Mapping
from contextlib import ExitStack
from pathlib import Path

from tests.faults import namespace, servers
from tests.faults.ledger import Answer
from tests.faults.run import Options, Result, run
from tests.faults.schedule import EMBEDDED, ON_SERVERS, Kind
from tests.fleet.deployment import ROOT, copy_shop, plan
from tests.servers.server import Server

_EXAMPLES = 5


def main() -> int:
    """Run the suite and return the exit code: 0 if all promises were kept.

    With a mutant, 0 if the checker has found it.
    """
    parser = argparse.ArgumentParser(prog="python -m tests.faults", description=__doc__)
    parser.add_argument("--seed", type=int, default=None, help="repeats the faults of a run")
    parser.add_argument("--orders", type=int, default=2000)
    parser.add_argument("--seconds", type=float, default=110, help="of load and faults")
    parser.add_argument("--every", type=float, default=3.0, help="seconds between two faults")
    parser.add_argument("--replicas", type=int, default=2, help="processes a unit")
    parser.add_argument("--mutant", choices=("none", "outbox", "inbox", "order"), default="none")
    parser.add_argument("--only", action="append", choices=[kind.name.lower() for kind in Kind])
    parser.add_argument("--root", type=Path, default=ROOT / "build" / "faults")
    parser.add_argument("--engines", action="store_true", help="on the engines of the spec")
    arguments = parser.parse_args()
    namespace.enter()
    seed = random.SystemRandom().getrandbits(32) if arguments.seed is None else arguments.seed
    possible = ON_SERVERS if arguments.engines else EMBEDDED
    kinds = {Kind[name.upper()] for name in arguments.only or [k.name for k in Kind]} & possible
    options = Options(
        seed=seed,
        orders=arguments.orders,
        seconds=arguments.seconds,
        kinds=frozenset(kinds),
        every=arguments.every,
        mutant=None if arguments.mutant == "none" else arguments.mutant,
    )
    print(f"SEED={seed}", flush=True)
    copy_shop(arguments.root / "shop")
    with ExitStack() as stack:
        used: Mapping[str, Server] = {}
        if arguments.engines:
            used = stack.enter_context(servers.running(arguments.root / "servers"))
        deployment = plan(arguments.root / "shop", replicas=arguments.replicas, servers=used)
        namespace.mount_disk(deployment.data, megabytes=64 + arguments.orders // 40)
        result = asyncio.run(run(deployment, options))
    _report(result, options, arguments.replicas)
    if options.mutant is not None:
        print(f"the mutant was {'found' if result.findings else 'NOT found'}")
        return 0 if result.findings else 1
    return 1 if result.findings else 0


def _report(result: Result, options: Options, replicas: int) -> None:
    answers = Counter(purchase.answer for purchase in result.ledger.purchases)
    print(f"\nseed {options.seed}, {replicas} processes a unit, mutant: {options.mutant or 'none'}")
    print(f"orders: {', '.join(f'{answers[answer]} {answer}' for answer in Answer)}")
    print(f"load and faults {result.load_seconds:.0f} s, settled in {result.settle_seconds:.0f} s")
    print(f"attempts by status: {dict(sorted(result.ledger.attempts.items()))} (0: no answer)")
    print(f"faults: {result.faults.total()}, processes started again: {result.starts}")
    for kind, count in sorted(result.faults.items()):
        print(f"  {count:4} {kind}")
    promises = Counter(finding.promise for finding in result.findings)
    print(f"broken promises: {len(promises)}")
    for promise, count in promises.most_common():
        print(f"  {count:4} {promise}")
        for finding in [f for f in result.findings if f.promise == promise][:_EXAMPLES]:
            print(f"         {finding.about}: {finding.detail}"[:300])


if __name__ == "__main__":
    sys.exit(main())
