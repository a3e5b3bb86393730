"""The only module that uses the driver, python-tds, which blocks and is called in threads."""

from __future__ import annotations

import socket
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from datetime import UTC
from typing import Any

import pytds  # type: ignore[import-not-found,import-untyped,unused-ignore] # has no types

from chassis.store.sqlserver.address import Address
from chassis.store.sqlserver.errors import SqlError
from chassis.store.sqlserver.pool import Limits

_SETTINGS = """SET ANSI_NULLS, ANSI_PADDING, ANSI_WARNINGS, ARITHABORT, CONCAT_NULL_YIELDS_NULL,
    QUOTED_IDENTIFIER, XACT_ABORT ON;
SET NUMERIC_ROUNDABORT, IMPLICIT_TRANSACTIONS, NOCOUNT OFF;
SET TRANSACTION ISOLATION LEVEL READ COMMITTED;
SET LOCK_TIMEOUT 10000;
SET LANGUAGE us_english;"""


@dataclass(frozen=True, slots=True)
class TdsSession:
    """Implements `chassis.store.sqlserver.pool.Session`."""

    connection: Any
    socket: socket.socket

    def fetch(self, sql: str, values: Mapping[str, Any]) -> list[tuple[Any, ...]]:
        """See `Session`."""
        with _translating(), self.connection.cursor() as cursor:
            cursor.execute(sql, dict(values))
            return list(cursor.fetchall())

    def execute(self, sql: str, values: Mapping[str, Any]) -> int:
        """See `Session`."""
        with _translating(), self.connection.cursor() as cursor:
            cursor.execute(sql, dict(values))
            return int(cursor.rowcount)

    def run(self, sql: str) -> None:
        """See `Session`."""
        with _translating(), self.connection.cursor() as cursor:
            cursor.execute(sql)

    def commit(self) -> None:
        """See `Session`."""
        with _translating():
            self.connection.commit()

    def rollback(self) -> None:
        """See `Session`."""
        with _translating():
            self.connection.rollback()

    def cut(self) -> None:
        """See `Session`."""
        with suppress(OSError):
            self.socket.shutdown(socket.SHUT_RDWR)

    def close(self) -> None:
        """See `Session`."""
        with suppress(SqlError), _translating():
            self.connection.close()
        self.socket.close()


def connect(address: Address, limits: Limits, *, autocommit: bool) -> TdsSession:
    """Connect to a database.

    Raises:
        SqlError: There is no connection.
    """
    with _translating():
        place = (address.host, address.port)
        opened = socket.create_connection(place, timeout=limits.connect)
        try:
            opened.setsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1)
            connection = pytds.connect(
                dsn=address.host,
                port=address.port,
                database=address.database,
                user=address.user,
                password=address.password,
                cafile=address.cafile,
                validate_host=address.verify_host,
                appname="chassis",
                autocommit=True,
                login_timeout=limits.connect,
                timeout=limits.patience,
                use_tz=UTC,
                disable_connect_retry=True,
                sock=opened,
            )
            with connection.cursor() as cursor:
                cursor.execute(_SETTINGS)
            connection.autocommit = autocommit
        except BaseException:
            opened.close()
            raise
        return TdsSession(connection, opened)


@contextmanager
def _translating() -> Iterator[None]:
    try:
        yield
    except pytds.DatabaseError as error:
        raise SqlError(error.number, error.text) from None  # the driver's error has values
    except (pytds.Error, OSError, EOFError) as error:
        raise SqlError(0, f"{type(error).__name__}: {error}") from None
