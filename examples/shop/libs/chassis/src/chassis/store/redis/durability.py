"""Whether a server keeps what it has acknowledged."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

import structlog
from redis.asyncio import Redis
from redis.exceptions import ResponseError

from chassis.errors import Unavailable
from chassis.store.redis.address import Address

_log = structlog.get_logger()

_ACCEPT = "or add ?durability=relaxed to the URL of the store to accept that"


async def check_durability(redis: Redis, address: Address) -> None:
    """Check that the server neither loses nor evicts data.

    Raises:
        Unavailable: It would, and the URL does not say that this is accepted.
    """
    persistence = await redis.info("persistence")
    memory = await redis.info("memory")
    replication = await redis.info("replication")
    problems = list(_problems(persistence, memory, replication, await _fsync(redis)))
    if not problems:
        return
    text = "; ".join(problems)
    if not address.is_relaxed:
        raise Unavailable(f"{address}: the server would lose data: {text}, {_ACCEPT}")
    _log.warning("the store may lose data", store=str(address), problems=text)


async def _fsync(redis: Redis) -> str | None:
    """Return when the server syncs its log; None if it does not tell."""
    try:
        answer = await redis.config_get("appendfsync")
    except ResponseError:  # some providers do not permit CONFIG
        return None
    return answer.get("appendfsync")


def _problems(
    persistence: Mapping[str, object],
    memory: Mapping[str, object],
    replication: Mapping[str, object],
    fsync: str | None,
) -> Iterator[str]:
    if not persistence.get("aof_enabled"):
        yield "set `appendonly yes`"
    elif fsync is None:
        yield "CONFIG GET appendfsync is not permitted, so nobody knows whether it is `always`"
    elif fsync != "always":
        yield f"set `appendfsync always` (it is `{fsync}`)"
    if persistence.get("aof_last_write_status", "ok") != "ok":
        yield "its last write to the append-only file has failed"
    if (policy := memory.get("maxmemory_policy")) != "noeviction":
        yield f"set `maxmemory-policy noeviction` (it is `{policy}`)"
    if replication.get("role") != "master":
        yield "it is a replica"
