"""The writer of a PostgreSQL store: a transaction for each batch."""

from __future__ import annotations

from contextlib import suppress

from chassis.errors import Unavailable
from chassis.store.group_commit import Batch
from chassis.store.postgresql.commit import Writes
from chassis.store.postgresql.errors import FAILURES, is_lost_race, translated
from chassis.store.postgresql.pool import Connection, Pool

_ATTEMPTS = 5


class Writer:
    """Writes batches, each in one transaction; again if it failed before the COMMIT.

    A connection that breaks during the COMMIT leaves open whether it has happened.
    """

    def __init__(self, pool: Pool, writes: Writes, where: str) -> None:
        self._pool = pool
        self._writes = writes
        self._where = where

    async def __call__(self, batch: Batch) -> None:
        """Write `batch`; see `Writes.write`."""
        for attempt in range(_ATTEMPTS):
            committing = False
            try:
                async with self._pool.connection() as connection:
                    await self._writing(connection, batch)
                    committing = True
                    await connection.commit()
                return
            except Unavailable as error:
                again = attempt == 0 or isinstance(error, _Again)
                if committing or not again or attempt == _ATTEMPTS - 1:
                    raise

    async def _writing(self, connection: Connection, batch: Batch) -> None:
        try:
            await self._writes.write(connection, batch)
        except BaseException as error:
            with suppress(*FAILURES):
                await connection.rollback()
            if isinstance(error, FAILURES) and is_lost_race(error):
                raise _Again(str(translated(error, self._where))) from error
            raise


class _Again(Unavailable):
    """Another transaction was in the way."""
