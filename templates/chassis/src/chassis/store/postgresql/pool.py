"""Connections to PostgreSQL: how they are opened, shared, and given up.

Whatever happens to a connection, it is noticed: the server ends statements that take too long, TCP
finds that a peer is gone, and what still waits after that is cut off here.
"""

from __future__ import annotations

import asyncio
import socket
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass
from typing import Any, TypeAlias

import psycopg
from psycopg import AsyncConnection
from psycopg.conninfo import conninfo_to_dict, make_conninfo
from psycopg.types.string import TextLoader
from psycopg_pool import AsyncConnectionPool

from chassis.store.postgresql.errors import FAILURES, REFUSALS, refused, translated

Connection: TypeAlias = AsyncConnection[tuple[Any, ...]]

_IDLE = 30.0  # seconds after which a connection that is not needed is closed
_RECONNECT = 4.0  # seconds of attempts with backoff; then the next request begins with new ones
_PREPARED = 512  # statements that a connection keeps

_DEFAULTS = {
    "connect_timeout": "3",
    "keepalives_idle": "5",
    "keepalives_interval": "2",
    "keepalives_count": "3",
    "tcp_user_timeout": "8000",
    "application_name": "chassis",
}
_SETTINGS = {
    "timezone": "UTC",
    "datestyle": "ISO",
    "extra_float_digits": "1",
    "default_transaction_isolation": r"read\ committed",
    "statement_timeout": "10000",
    "idle_in_transaction_session_timeout": "20000",
}
_AS_TEXT = ("int8", "float8", "bool", "numeric", "uuid", "date", "timestamptz", "jsonb")


class Address:
    """Where a store is. Its text has no secrets."""

    def __init__(self, url: str, schema: str) -> None:
        """Read a `postgresql://` URL, whose parameters may override the defaults.

        Raises:
            ValueError: It is not a valid one.
        """
        try:
            given = conninfo_to_dict(url)
        except psycopg.Error:
            raise ValueError("the URL of the store is not a valid postgresql:// URL") from None
        settings = " ".join(f"-c {name}={value}" for name, value in _SETTINGS.items())
        options = f"{settings} {given.pop('options', None) or ''}".strip()
        parameters: dict[str, Any] = {**_DEFAULTS, **given, "options": options}
        self.conninfo = make_conninfo(**parameters)
        host, port = given.get("host") or "localhost", given.get("port") or 5432
        self._text = f"postgresql://{host}:{port}/{given.get('dbname') or ''}, schema {schema}"

    def __str__(self) -> str:
        return self._text


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """How much a store uses, and how long it waits.

    Attributes:
        readers: The number of connections for reads; there is one more for commits.
        wait: Seconds for a free connection.
        patience: Seconds for one use of a connection; then it is cut off.
    """

    readers: int = 4
    wait: float = 3.0
    patience: float = 15.0


class Pool:
    """Some connections, which are opened when they are needed."""

    def __init__(self, address: Address, size: int, limits: Limits, *, autocommit: bool) -> None:
        self._address = address
        self._limits = limits
        self._opened = False
        self._pool: AsyncConnectionPool[Connection] = AsyncConnectionPool(
            address.conninfo,
            kwargs={"autocommit": autocommit},
            min_size=1,
            max_size=size,
            open=False,
            configure=_configure,
            timeout=limits.wait,
            reconnect_timeout=_RECONNECT,
            max_idle=_IDLE,
            name=str(address),
        )

    @asynccontextmanager
    async def connection(self, *, limited: bool = True) -> AsyncIterator[Connection]:
        """Lend a connection. What it was used for must be finished, or is rolled back.

        Args:
            limited: Whether it is cut off when the patience is over.

        Raises:
            Unavailable: There is none, or it failed meanwhile.
        """
        try:
            if not self._opened:
                self._opened = True
                await self._pool.open()
            connection = await self._pool.getconn()
        except FAILURES as error:
            raise translated(error, str(self._address)) from error
        timer = asyncio.get_running_loop().call_later(self._limits.patience, _cut, connection)
        if not limited:
            timer.cancel()
        try:
            yield connection
        except REFUSALS as error:
            raise refused(error, str(self._address)) from None  # the driver's error has values
        except FAILURES as error:
            raise translated(error, str(self._address)) from error
        finally:
            timer.cancel()
            await self._pool.putconn(connection)

    async def renew(self) -> None:
        """Replace all connections: after one has failed, others may be broken, too."""
        with suppress(*FAILURES):
            await self._pool.drain()

    async def close(self) -> None:
        """Close the connections."""
        await self._pool.close()


def _cut(connection: Connection) -> None:
    """Break a connection. To cancel its statement would take another one, and patience again."""
    with (
        suppress(OSError, *FAILURES),
        socket.fromfd(connection.fileno(), socket.AF_INET, socket.SOCK_STREAM) as duplicate,
    ):
        duplicate.shutdown(socket.SHUT_RDWR)


async def _configure(connection: Connection) -> None:
    connection.prepared_max = _PREPARED
    for name in _AS_TEXT:
        connection.adapters.register_loader(name, TextLoader)
