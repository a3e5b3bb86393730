"""Replays of dead letters, in the order of their messages."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from contextlib import suppress

import structlog

from chassis.dead_letters import DeadLetter, DeadLetters, State
from chassis.errors import Conflict, Unavailable
from chassis.runtime import housekeeping
from chassis.runtime.consumer import Consumer
from chassis.runtime.membership import Membership

_LOOK = 1.0  # seconds

_log = structlog.get_logger()


class Replays:
    """Handles the dead letters of one unit that are marked for it. One process does this."""

    def __init__(
        self,
        consumer_of: Callable[[str, str], Consumer | None],
        dead_letters: DeadLetters,
        membership: Membership,
    ) -> None:
        """Create the replays.

        Args:
            consumer_of: Returns the consumer of a topic and a group.
            dead_letters: The dead letters of the unit.
            membership: Says whether this process replays them.
        """
        self._consumer_of = consumer_of
        self._dead_letters = dead_letters
        self._membership = membership

    async def run(self) -> None:
        """Look for marked dead letters until cancelled."""
        while True:
            await asyncio.sleep(_LOOK)
            if housekeeping.LEASE in self._membership.owned:
                with suppress(Unavailable):  # the next look may succeed
                    await self.replay_marked()

    async def replay_marked(self) -> None:
        """Replay the marked dead letters; one that fails again stays, with its new reason.

        Then the later ones of its subject stay, too, so that their order holds.
        """
        failed: set[tuple[str, str, str]] = set()
        for letter, version in await self._dead_letters.list(State.REPLAY):
            key = letter.topic, letter.group, letter.subject
            if key in failed:
                await self._keep(letter, version, letter.reason)
                continue
            try:
                await self._replay(letter, version)
                _log.info("dead letter replayed", letter=letter.id)
            except Unavailable:
                raise
            except Exception as error:
                _log.exception("dead letter failed again", letter=letter.id)
                failed.add(key)
                await self._keep(letter, version, f"{type(error).__name__}: {error}")

    async def _keep(self, letter: DeadLetter, version: int, reason: str) -> None:
        with suppress(Conflict):  # somebody has changed it meanwhile
            await self._dead_letters.mark(letter, version, State.DEAD, reason)

    async def _replay(self, letter: DeadLetter, version: int) -> None:
        consumer = self._consumer_of(letter.topic, letter.group)
        if consumer is None:
            raise LookupError(f"nothing reads {letter.topic} as {letter.group}")
        await consumer.replay(letter, self._dead_letters.removal(letter, version))
