"""Transactions that nobody goes on with.

MongoDB keeps the transaction of a process that was killed for a minute, and with it what it has
written. Whoever is in its way looks which writers make no progress, and ends their sessions. One
that is alive repeats its transaction.
"""

from __future__ import annotations

import time
from uuid import UUID

from bson import Binary

from chassis.store.mongodb.client import Database
from chassis.store.mongodb.documents import ID
from chassis.store.mongodb.schema import WRITERS

_PERIOD = 1.0  # seconds in which a writer makes progress


class Stalled:
    """The writers that may be in the way of another one, while that one waits."""

    def __init__(self, database: Database, writer: UUID) -> None:
        self._database = database
        self._writer = writer
        self._next = time.monotonic() + _PERIOD
        self._seen: dict[UUID, int] = {}

    async def check(self) -> None:
        """End the sessions of those that have made no progress since they were seen."""
        if time.monotonic() < self._next:
            return
        self._next += _PERIOD
        others = await self._database[WRITERS].find({ID: {"$ne": self._writer}}).to_list()
        sessions = [
            {"id": Binary.from_uuid(each["session"])}
            for each in others
            if self._seen.get(each[ID]) == each["transaction"]
        ]
        if sessions:
            await self._database.command({"killSessions": sessions})
        self._seen = {each[ID]: each["transaction"] for each in others}
