"""The writer of a relational store: a transaction for each batch."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractAsyncContextManager
from typing import Protocol

from chassis.errors import Unavailable
from chassis.store.group_commit import Batch

_ATTEMPTS = 5


class Again(Unavailable):
    """Another transaction was in the way."""


class Transaction(Protocol):
    """A transaction that writes one batch."""

    async def write(self, batch: Batch) -> None:
        """Write a batch; see `Store.commit`.

        Raises:
            Again: Another transaction was in the way, so that this one can be repeated.
        """
        ...

    async def commit(self) -> None:
        """Make it durable."""
        ...

    async def rollback(self) -> None:
        """Undo it; nothing is raised if that is not possible any more."""
        ...


class Writer:
    """Writes batches, each in one transaction; again if it failed before the COMMIT.

    A connection that breaks during the COMMIT leaves open whether it has happened.
    """

    def __init__(self, begin: Callable[[], AbstractAsyncContextManager[Transaction]]) -> None:
        """Write in transactions that `begin` begins."""
        self._begin = begin

    async def __call__(self, batch: Batch) -> None:
        """Write `batch`; see `Transaction.write`."""
        for attempt in range(_ATTEMPTS):
            committing = False
            try:
                async with self._begin() as transaction:
                    try:
                        await transaction.write(batch)
                    except BaseException:
                        await transaction.rollback()
                        raise
                    committing = True
                    await transaction.commit()
                return
            except Unavailable as error:
                again = attempt == 0 or isinstance(error, Again)
                if committing or not again or attempt == _ATTEMPTS - 1:
                    raise
