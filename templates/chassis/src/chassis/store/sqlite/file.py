"""An SQLite file that several processes have open: connections, waiting for locks, and failures."""

from __future__ import annotations

import os
import random
import sqlite3
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import TypeVar

from chassis.errors import StoreLost, Unavailable
from chassis.store.sqlite.dialect import DECIMAL, compare_decimals

R = TypeVar("R")

_OLDEST = (3, 37)  # the first one with STRICT tables
_LOCK_SECONDS = 10.0
_PAUSE_SECONDS = (0.001, 0.003)
_STATEMENTS = 512  # prepared statements that a connection keeps
_CHECKPOINT_PAGES = 1000
_LOG_BYTES = 16 << 20  # the log is truncated to this after a burst of writes

_SETTINGS = (
    "PRAGMA journal_mode = WAL",
    "PRAGMA synchronous = FULL",
    f"PRAGMA wal_autocheckpoint = {_CHECKPOINT_PAGES}",
    f"PRAGMA journal_size_limit = {_LOG_BYTES}",
)

_REASONS = {
    sqlite3.SQLITE_BUSY: f"another process has locked it for more than {_LOCK_SECONDS:.0f} s",
    sqlite3.SQLITE_FULL: "there is no space left",
    sqlite3.SQLITE_READONLY: "it cannot be written",
    sqlite3.SQLITE_CORRUPT: "it is damaged",
    sqlite3.SQLITE_NOTADB: "it is not a database",
    sqlite3.SQLITE_IOERR: "it cannot be read or written",
    sqlite3.SQLITE_CANTOPEN: "it cannot be opened",
}


class SqliteFile:
    """The file of a store."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self._name = os.fspath(path)
        self._opened: tuple[int, int] | None = None

    def connect(self) -> sqlite3.Connection:
        """Open or create the file for writing.

        Raises:
            Unavailable: The file cannot be opened.
        """
        if sqlite3.sqlite_version_info < _OLDEST:
            raise Unavailable(f"SQLite {sqlite3.sqlite_version} is too old: 3.37 is needed")
        try:
            self.path.parent.mkdir(parents=True, exist_ok=True)
            connection = self._connect("rwc")
            for setting in _SETTINGS:
                patiently(partial(connection.execute, setting))
            self._opened = self._identity()
            return connection
        except sqlite3.Error as error:
            raise self.unavailable(error) from error
        except OSError as error:
            raise Unavailable(f"{self.path}: {error}") from error

    def connect_reader(self) -> sqlite3.Connection:
        """Open the file, which exists, for reading."""
        try:
            return self._connect("ro")
        except sqlite3.Error as error:
            raise self.unavailable(error) from error

    def check(self) -> None:
        """Check that the path still names the file that was opened.

        Raises:
            StoreLost: The file was removed or replaced. What is written to it now would be lost.
        """
        try:
            identity = self._identity()
        except OSError as error:
            raise StoreLost(f"{self.path}: the file was removed ({error.strerror})") from error
        if identity != self._opened:
            raise StoreLost(f"{self.path}: the file was removed and replaced by another one")

    def unavailable(self, error: sqlite3.Error) -> Exception:
        """Return `error` as Unavailable if its cause is the file, else unchanged."""
        code = getattr(error, "sqlite_errorcode", 0) & 0xFF  # without the extended part
        if code in _REASONS:
            return Unavailable(f"{self.path}: {_REASONS[code]} ({error})")
        if isinstance(error, sqlite3.OperationalError):
            return Unavailable(f"{self.path}: {error}")
        return error

    def _connect(self, mode: str) -> sqlite3.Connection:
        connection = sqlite3.connect(
            f"{self.path.absolute().as_uri()}?mode={mode}",
            uri=True,
            isolation_level=None,
            check_same_thread=False,
            timeout=0,  # see `patiently`
            cached_statements=_STATEMENTS,
        )
        connection.create_collation(DECIMAL, compare_decimals)
        return connection

    def _identity(self) -> tuple[int, int]:
        status = os.stat(self._name)
        return status.st_dev, status.st_ino


def is_busy(error: sqlite3.Error) -> bool:
    """Return whether another process has the lock."""
    return getattr(error, "sqlite_errorcode", 0) & 0xFF == sqlite3.SQLITE_BUSY


def patiently(attempt: Callable[[], R]) -> R:
    """Repeat `attempt` while another process has the lock, for a limited time.

    SQLite would sleep for up to 100 ms between two attempts; a transaction takes a few.
    """
    limit = time.monotonic() + _LOCK_SECONDS
    while True:
        try:
            return attempt()
        except sqlite3.OperationalError as error:
            if not is_busy(error) or time.monotonic() > limit:
                raise
        time.sleep(random.uniform(*_PAUSE_SECONDS))
