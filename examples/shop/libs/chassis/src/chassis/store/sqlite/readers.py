"""The reads of an SQLite file.

No read keeps a snapshot: each fetches all of its rows at once. A snapshot that is kept would keep
checkpoints from emptying the log.
"""

from __future__ import annotations

import asyncio
import queue
import sqlite3
from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Any, TypeAlias

from chassis.errors import Unavailable
from chassis.store.sqlite.file import SqliteFile, is_busy, patiently

_THREADS = 2

Rows: TypeAlias = list[Any]
Parameters: TypeAlias = Sequence[Any] | Mapping[str, Any]


class Readers:
    """Short reads in the event loop, long ones in a few threads.

    A hop to a thread and back costs ten times as much as a read by key.
    """

    def __init__(self, file: SqliteFile) -> None:
        self._file = file
        self._closed = False
        self._inline = file.connect_reader()
        self._free: queue.SimpleQueue[sqlite3.Connection] = queue.SimpleQueue()
        for _ in range(_THREADS):
            self._free.put(file.connect_reader())
        self._threads = ThreadPoolExecutor(_THREADS, f"{file.path.stem}-reader")

    async def short(self, sql: str, parameters: Parameters = ()) -> Rows:
        """Return the rows of a read that takes microseconds: by key, and of few rows."""
        try:
            return self._inline.execute(sql, parameters).fetchall()
        except sqlite3.Error as error:
            if self._closed:
                raise Unavailable(f"{self._file.path}: the store is closed") from error
            if not is_busy(error):
                raise self._file.unavailable(error) from error
        return await self.long(sql, parameters)  # it can wait for the lock there

    async def long(self, sql: str, parameters: Parameters = ()) -> Rows:
        """Return the rows of a read that may take longer."""
        if self._closed:
            raise Unavailable(f"{self._file.path}: the store is closed")
        loop = asyncio.get_running_loop()
        return await loop.run_in_executor(self._threads, self._fetch, sql, parameters)

    async def close(self) -> None:
        """Finish the reads and close the connections."""
        if self._closed:
            return
        self._closed = True
        await asyncio.to_thread(self._threads.shutdown)
        self._inline.close()
        for _ in range(_THREADS):
            self._free.get().close()

    def _fetch(self, sql: str, parameters: Parameters) -> Rows:
        connection = self._free.get()
        try:
            return patiently(lambda: connection.execute(sql, parameters).fetchall())
        except sqlite3.Error as error:
            raise self._file.unavailable(error) from error
        finally:
            self._free.put(connection)
