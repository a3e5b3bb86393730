"""Where a store is, and how much it uses and waits."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any
from urllib.parse import parse_qsl, urlsplit, urlunsplit

from redis.asyncio.connection import parse_url

_OPTIONS = {
    "durability",
    "max_connections",
    "socket_connect_timeout",
    "socket_timeout",
    "ssl_ca_certs",
    "ssl_ca_path",
    "ssl_certfile",
    "ssl_check_hostname",
    "ssl_keyfile",
    "ssl_min_version",
}
_DURABILITY = {"strict": False, "relaxed": True}


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """How much a store uses, and how long it waits.

    Attributes:
        readers: The number of connections for reads; there is one more for commits.
        wait: Seconds for a free connection.
        answer: Seconds for an answer of the server; then the connection is given up.
        patience: Seconds for one use of the store, which may take several attempts.
    """

    readers: int = 8
    wait: float = 3.0
    answer: float = 5.0
    patience: float = 12.0


class Address:
    """Where a store is. Its text has no secrets.

    Attributes:
        unit: The name of the unit.
        connection: The parameters of connections.
        is_relaxed: Whether it may be a server that loses or evicts data.
        readers: The number of connections for reads, if the URL has one.
    """

    def __init__(self, url: str, unit: str) -> None:
        """Read a `redis://` or `rediss://` URL.

        Raises:
            ValueError: It, or the name of the unit, is not valid.
        """
        if not unit or set(unit) & set("{}\0"):
            raise ValueError(f"{unit!r} is not a valid name for a unit in Redis")
        self.unit = unit
        try:
            parts = urlsplit(url)
            given = dict(parse_qsl(parts.query, strict_parsing=bool(parts.query)))
            self.is_relaxed = _DURABILITY[given.get("durability", "strict")]
            readers = int(given.get("max_connections", 0))
            self.readers = readers or None
            if not re.fullmatch(r"/?\d*", parts.path) or readers < 0:
                raise ValueError
            query = "&".join(each for each in parts.query.split("&") if _is_for_client(each))
            self.connection: dict[str, Any] = dict(parse_url(urlunsplit((*parts[:3], query, ""))))
        except (ValueError, KeyError):
            raise ValueError("the URL of the store is not a valid redis:// URL") from None
        if unknown := {name for name, _ in parse_qsl(parts.query)} - _OPTIONS:
            raise ValueError(
                f"the URL of the store is not valid: it has unknown options: {', '.join(unknown)}"
            )
        self.connection = {"host": "localhost", "port": 6379, "db": 0, **self.connection}
        host, port, db = (self.connection[name] for name in ("host", "port", "db"))
        self._text = f"{parts.scheme}://{host}:{port}/{db}, unit {unit}"

    def key(self, *parts: str) -> str:
        """Return a key of the unit. The braces keep all of them in one slot of a cluster."""
        return ":".join((f"{{{self.unit}}}", *parts))

    def __str__(self) -> str:
        return self._text


def _is_for_client(option: str) -> bool:
    return option.partition("=")[0] not in ("durability", "max_connections")
