"""Connections to PostgreSQL: how they are opened, shared, and given up.

Whatever happens to a connection, it is noticed: the server ends statements that take too long, TCP
finds that a peer is gone, and what still waits after that is cut off here.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any, TypeAlias

import psycopg
from psycopg import AsyncConnection
from psycopg.conninfo import conninfo_to_dict, make_conninfo
from psycopg.types.string import TextLoader
from psycopg_pool import AsyncConnectionPool

from chassis.errors import Unavailable
from chassis.store.postgres_errors import FAILURES, translated

Connection: TypeAlias = AsyncConnection[tuple[Any, ...]]

_WAIT = 3.0  # seconds for a free connection
_RECONNECT = 4.0  # seconds of attempts with backoff; then the next request begins with new ones
_PATIENCE = 15.0  # seconds for one use of a connection
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


class Pool:
    """Some connections, which are opened when they are needed."""

    def __init__(self, address: Address, size: int, *, autocommit: bool) -> None:
        self._address = address
        self._opened = False
        self._pool: AsyncConnectionPool[Connection] = AsyncConnectionPool(
            address.conninfo,
            kwargs={"autocommit": autocommit},
            min_size=1,
            max_size=size,
            open=False,
            configure=_configure,
            timeout=_WAIT,
            reconnect_timeout=_RECONNECT,
            name=str(address),
        )

    @asynccontextmanager
    async def connection(self, *, patience: float | None = _PATIENCE) -> AsyncIterator[Connection]:
        """Lend a connection. What it was used for must be finished, or is rolled back.

        Args:
            patience: Seconds until it is closed although it is in use; None for no limit.

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
        try:
            async with asyncio.timeout(patience):
                yield connection
        except FAILURES as error:
            if isinstance(error, TimeoutError):
                await connection.close()
            raise translated(error, str(self._address)) from error
        finally:
            await self._pool.putconn(connection)

    async def refresh(self) -> None:
        """Replace connections that are broken: after one has failed, others may be, too."""
        try:
            async with asyncio.timeout(_WAIT):
                await self._pool.check()
        except FAILURES as error:
            raise Unavailable(f"{self._address}: {error}") from error

    async def close(self) -> None:
        """Close the connections."""
        await self._pool.close()


async def _configure(connection: Connection) -> None:
    connection.prepared_max = _PREPARED
    for name in _AS_TEXT:
        connection.adapters.register_loader(name, TextLoader)
