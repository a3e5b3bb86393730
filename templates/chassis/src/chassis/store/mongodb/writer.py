"""The writer of a MongoDB store: a transaction for each batch.

Another transaction that is in the way, or a server that is lost before the commit, is an error that
leaves nothing written: the transaction is repeated after a moment. When it is unknown whether a
commit has happened, the commit itself is repeated, which MongoDB allows; if no server knows the
transaction any more, its mark tells.
"""

from __future__ import annotations

import asyncio
import random
import time
from contextlib import AbstractContextManager, suppress
from itertools import count
from uuid import uuid4

import pymongo
from bson import Binary
from pymongo import ReadPreference
from pymongo.asynchronous.client_session import AsyncClientSession
from pymongo.errors import PyMongoError
from pymongo.read_concern import ReadConcern

from chassis.store.group_commit import Batch
from chassis.store.mongodb.client import DURABLE, Connections
from chassis.store.mongodb.commit import Mark, Writes
from chassis.store.mongodb.errors import FAILURES, TRANSIENT, UNKNOWN
from chassis.store.mongodb.stalled import Stalled

_SHORTEST, _LONGEST = 0.004, 0.03  # seconds before another attempt
_ABORT = 1.0  # seconds; the next transaction of the session aborts this one as well


class Writer:
    """Writes batches, each in one transaction of a session that is kept."""

    def __init__(self, connections: Connections, writes: Writes, patience: float) -> None:
        self._connections = connections
        self._writes = writes
        self._patience = patience
        self._session: AsyncClientSession | None = None
        self._id = uuid4()
        self._transactions = 0

    async def __call__(self, batch: Batch) -> None:
        """Write `batch`; see `Writes.write`.

        Raises:
            Unavailable: MongoDB is. If it was lost during a commit, it is open whether that has
                happened.
        """
        deadline = time.monotonic() + self._patience
        stalled = Stalled(self._connections.database, self._id)
        with self._connections.translating():
            session = await self._opened(deadline)
            for attempt in count():
                try:
                    await self._attempt(session, batch, deadline)
                    return
                except PyMongoError as error:
                    if not error.has_error_label(TRANSIENT) or time.monotonic() > deadline:
                        raise
                with _until(deadline):
                    await stalled.check()
                await _pause(attempt)

    async def close(self) -> None:
        """End the session."""
        if self._session is not None:
            await self._session.end_session()

    async def _opened(self, deadline: float) -> AsyncClientSession:
        """Return the session, which other writers know before its first transaction."""
        if self._session is None:
            session = self._connections.client.start_session()
            with _until(deadline):
                await self._writes.leave(self._mark(session))
            self._session = session
        return self._session

    def _mark(self, session: AsyncClientSession) -> Mark:
        id: Binary = session.session_id["id"]
        return Mark(writer=self._id, session=id, transaction=self._transactions)

    async def _attempt(self, session: AsyncClientSession, batch: Batch, deadline: float) -> None:
        self._transactions += 1
        mark = self._mark(session)
        await session.start_transaction(ReadConcern("snapshot"), DURABLE, ReadPreference.PRIMARY)
        try:
            with _until(deadline):
                await self._writes.write(session, batch, mark)
        except BaseException:
            await self._abort(session)
            raise
        with _until(deadline):
            await self._commit(session, mark, deadline)

    async def _abort(self, session: AsyncClientSession) -> None:
        if session.in_transaction:
            with suppress(*FAILURES), pymongo.timeout(_ABORT):
                await session.abort_transaction()

    async def _commit(self, session: AsyncClientSession, mark: Mark, deadline: float) -> None:
        for attempt in count():
            try:
                await session.commit_transaction()
                return
            except PyMongoError as error:
                if not error.has_error_label(UNKNOWN):
                    if await self._writes.is_committed(mark):
                        return
                    raise
                if time.monotonic() > deadline:
                    raise
            await _pause(attempt)


def _until(deadline: float) -> AbstractContextManager[None]:
    return pymongo.timeout(max(deadline - time.monotonic(), 0.001))


async def _pause(attempt: int) -> None:
    """Wait for a moment, at random so that two writers do not meet again."""
    await asyncio.sleep(random.uniform(0, min(_LONGEST, _SHORTEST * 2 ** min(attempt, 10))))
