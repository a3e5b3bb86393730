"""Housekeeping: the inbox forgets messages that the hub no longer has."""

from __future__ import annotations

import asyncio
import math
from datetime import timedelta

import structlog

from chassis.errors import Unavailable
from chassis.runtime.membership import Membership
from chassis.store.port import Store

LEASE = "housekeeping"

_INTERVAL = timedelta(minutes=10)

_log = structlog.get_logger()


class Housekeeping:
    """Ages the inbox by the time that the unit runs, not by a clock, which may jump."""

    def __init__(self, store: Store, membership: Membership, retention: timedelta) -> None:
        """Create the housekeeping.

        Args:
            store: The store of the unit.
            membership: Says whether this process does it.
            retention: How long the hub keeps messages.
        """
        self._store = store
        self._membership = membership
        self._generations = math.ceil(retention / _INTERVAL) + 1

    async def run(self) -> None:
        """Age the inbox until cancelled.

        The lease may move. Only who holds it for a whole interval begins a generation, so that none
        is shorter.
        """
        before = False
        while True:
            await asyncio.sleep(_INTERVAL.total_seconds())
            before, owned = LEASE in self._membership.owned, before
            if before and owned:
                try:
                    await self._store.forget(self._generations)
                except Unavailable as error:
                    _log.warning("housekeeping postponed", reason=str(error))
