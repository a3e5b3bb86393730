"""A store in Redis: a hash for each document."""

from __future__ import annotations

import json
from collections.abc import Iterable
from typing import Any

from redis import Redis

from tests.faults.snapshot import Document

_SIZES = {"outbox": "XLEN", "timers": "ZCARD"}


class RedisStore:
    """The keys of a unit."""

    def __init__(self, url: str, unit: str) -> None:
        self._redis: Any = Redis.from_url(url, decode_responses=True)
        self._prefix = f"{{{unit}}}:"

    def documents(self, collection: str) -> dict[str, Document]:
        ids: list[str] = self._redis.zrange(f"{self._prefix}ids:{collection}", 0, -1)
        found = {}
        for id in ids:
            fields: dict[str, str] = self._redis.hgetall(f"{self._prefix}doc:{collection}:{id}")
            if fields:
                version = int(fields.pop("version"))
                found[id] = Document(version, {key: _value(text) for key, text in fields.items()})
        return found

    def events(self) -> Iterable[bytes]:
        raise NotImplementedError("no event-sourced aggregate of the shop is in Redis")

    def count(self, what: str) -> int:
        if what == "inbox":
            keys = self._redis.scan_iter(f"{self._prefix}inbox:*")
            return sum(self._redis.hlen(key) for key in keys)
        return int(self._redis.execute_command(_SIZES[what], f"{self._prefix}{what}"))


def _value(text: str) -> Any:
    """Return a value; only JSON, and booleans, are no text in events."""
    return json.loads(text) if text.startswith(("{", "[")) or text in ("true", "false") else text
