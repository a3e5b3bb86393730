"""A process that commits to a store and prints the number of each commit that was acknowledged.

Run with the URL of a server (empty for SQLite), the folder of files, the name of the unit, a prefix
for ids, the number of commits, and `service` or `read-model`: what is written.
"""

from __future__ import annotations

import asyncio
import os
import sys
from collections.abc import Iterator
from pathlib import Path

from chassis.store.factory import open_store
from chassis.store.port import Append, Commit, Store

from tests.chassis.contracts.store_contract import THINGS, message, put, received

WRITERS = 8


def commit(id: str) -> Commit:
    """Return a commit of a service whose parts all have the id `id`."""
    event = message(subject=id)
    return Commit(
        puts=(put(id),),
        appends=(Append(stream=id, expected=0, events=(event,)),),
        outbox=(event,),
        inbox=received(id),
    )


def read_model_commit(id: str) -> Commit:
    """Return a commit of a read model whose parts all have the id `id`."""
    return Commit(puts=(put(id, owner=id),), inbox=received(id))


COMMITS = {"service": commit, "read-model": read_model_commit}


async def write(store: Store, ids: Iterator[str], kind: str) -> None:
    for id in ids:
        await store.commit(COMMITS[kind](id))
        os.write(sys.stdout.fileno(), f"{id}\n".encode())


async def main(url: str, folder: Path, unit: str, prefix: str, commits: int, kind: str) -> None:
    store = open_store(folder, unit, url)
    await store.prepare((THINGS,))
    ids = (f"{prefix}{number}" for number in range(commits))
    await asyncio.gather(*(write(store, ids, kind) for _ in range(WRITERS)))
    await store.close()


if __name__ == "__main__":
    url, folder, unit, prefix, commits, kind = sys.argv[1:]
    asyncio.run(main(url, Path(folder), unit, prefix, int(commits), kind))
