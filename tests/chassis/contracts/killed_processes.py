"""Several processes on one store, one of which is killed."""

from __future__ import annotations

import random
import subprocess
import sys
from pathlib import Path

from chassis.store.factory import open_store
from chassis.store.port import Query

from .store_contract import THINGS
from .writing_process import WRITERS

REPOSITORY = Path(__file__).parents[3]


async def check(
    folder: Path, unit: str, url: str = "", commits: int = 2000, kind: str = "service"
) -> None:
    """Check that what was acknowledged is there, and that nothing is half there."""

    def start(prefix: str, commits: int) -> subprocess.Popen[str]:
        module = "tests.chassis.contracts.writing_process"
        return subprocess.Popen(
            [sys.executable, "-m", module, url, str(folder), unit, prefix, str(commits), kind],
            cwd=REPOSITORY,
            stdout=subprocess.PIPE,
            text=True,
        )

    seed = random.randrange(1 << 32)
    print(f"seed {seed}")
    survivor, victim = start("s", commits), start("v", 1 << 40)
    try:
        known = _acknowledged(victim, random.Random(seed).randrange(1, commits))
        victim.kill()
        known |= _acknowledged(victim)
        known |= _acknowledged(survivor)
        assert survivor.wait() == 0
    finally:
        for process in (survivor, victim):
            process.kill()
            process.wait()
    assert {f"s{number}" for number in range(commits)} <= known

    store = open_store(folder, unit, url)
    await store.prepare((THINGS,))
    found = {each.id for each in await store.find(Query(collection="things", limit=1 << 30))}
    assert known <= found
    assert len(found - known) <= WRITERS, "written, but killed before it could say so"
    assert (await store.handled(tuple(found))).keys() == found
    if kind == "service":
        pending = await store.pending(limit=1 << 30)
        assert len(pending) == len(found)
        assert {each.message.subject for each in pending} == found
        assert set(await store.streams("", limit=1 << 30)) == found
    await store.close()


def _acknowledged(process: subprocess.Popen[str], count: int | None = None) -> set[str]:
    """Return the first `count` acknowledged ids, or all until the process ends."""
    assert process.stdout is not None
    ids: set[str] = set()
    while count is None or len(ids) < count:
        line = process.stdout.readline()
        if not line.endswith("\n"):
            assert count is None, "the process has ended too early"
            break
        ids.add(line.strip())
    return ids
