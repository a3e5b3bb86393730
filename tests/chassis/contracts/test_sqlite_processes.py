"""Several processes on one SQLite file, one of which is killed."""

from __future__ import annotations

import random
import subprocess
import sys
from pathlib import Path

from chassis.store.port import Query
from chassis.store.sqlite import open_sqlite

from .store_contract import THINGS
from .writing_process import WRITERS

REPOSITORY = Path(__file__).parents[3]
COMMITS = 2000


def start(path: Path, prefix: str, commits: int) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [
            sys.executable,
            "-m",
            "tests.chassis.contracts.writing_process",
            str(path),
            prefix,
            str(commits),
        ],
        cwd=REPOSITORY,
        stdout=subprocess.PIPE,
        text=True,
    )


def acknowledged(process: subprocess.Popen[str], count: int | None = None) -> set[str]:
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


async def test_what_was_acknowledged_is_there_and_nothing_is_half_there(tmp_path: Path) -> None:
    path = tmp_path / "unit.db"
    seed = random.randrange(1 << 32)
    print(f"seed {seed}")
    survivor, victim = start(path, "s", COMMITS), start(path, "v", 1 << 40)
    try:
        known = acknowledged(victim, random.Random(seed).randrange(1, COMMITS))
        victim.kill()
        known |= acknowledged(victim)
        known |= acknowledged(survivor)
        assert survivor.wait() == 0
    finally:
        for process in (survivor, victim):
            process.kill()
            process.wait()
    assert {f"s{number}" for number in range(COMMITS)} <= known

    store = open_sqlite(path)
    await store.prepare((THINGS,))
    found = {each.id for each in await store.find(Query(collection="things", limit=1 << 30))}
    assert known <= found
    assert len(found - known) <= WRITERS, "written, but killed before it could say so"
    pending = await store.pending(limit=1 << 30)
    assert len(pending) == len(found)
    assert {each.message.subject for each in pending} == found
    assert (await store.handled(tuple(found))).keys() == found
    assert set(await store.streams("", limit=1 << 30)) == found
    await store.close()
