"""Carries out policies: what happened, and what is done then."""

from __future__ import annotations

from collections.abc import Iterable
from contextlib import suppress
from typing import Any
from uuid import UUID, uuid5

from chassis import trace
from chassis.envelope import Envelope
from chassis.errors import AlreadyHandled
from chassis.identity import identity_of
from chassis.messages import Command, Event, decoded
from chassis.runtime.commands import CommandHandler
from chassis.runtime.journal import Journal
from chassis.runtime.sealer import Sealer
from chassis.service import Policy
from chassis.store.port import Commit, Timer


class PolicyRunner:
    """One policy at work.

    The ids of its commands derive from the event's, so that an event that comes again does nothing
    twice: a command of this service is known to its inbox, any other to the other service's.
    """

    def __init__(
        self,
        policy: Policy,
        commands: CommandHandler,
        journal: Journal,
        sealer: Sealer,
    ) -> None:
        self.policy = policy
        self._identity = identity_of(policy)
        self._commands = commands
        self._journal = journal
        self._sealer = sealer

    @property
    def timer_handler(self) -> str:
        """The name under which its timers come back."""
        return f"policy:{self._identity}"

    async def __call__(self, event: Event, envelope: Envelope) -> None:
        """React to the event, or set a timer to do so."""
        if self.policy.after is None:
            await self._react(event, envelope.id)
            return
        id = f"{self.timer_handler}:{envelope.id}"
        timer = Timer(
            id=id,
            due=envelope.time + self.policy.after,
            handler=self.timer_handler,
            data=envelope.to_json().decode(),
        )
        with suppress(AlreadyHandled):
            await self._journal.commit(Commit(inbox=id, set_timers=(timer,)))

    async def remind(self, timer: Timer) -> None:
        """React to the event that the timer was set for."""
        envelope = Envelope.from_json(timer.data.encode())
        event = decoded(self.policy.event, envelope.data)
        with trace.use(trace.continued(envelope)):
            await self._react(event, envelope.id)
            await self._journal.commit(Commit(drop_timers=(timer.id,)))

    async def _react(self, event: Event, event_id: UUID) -> None:
        foreign: list[tuple[UUID, Command]] = []
        for number, command in enumerate(_commands(self.policy.react(event)), 1):
            id = uuid5(event_id, f"{self._identity}:{number}")
            if self._commands.knows(type(command)):
                await self._commands.carry_out(command, id)
            else:
                foreign.append((id, command))
        if foreign:
            await self._send(foreign, event_id)

    async def _send(self, commands: list[tuple[UUID, Command]], event_id: UUID) -> None:
        outbox = tuple(
            self._sealer.seal(command, id=id, causation_id=event_id) for id, command in commands
        )
        with suppress(AlreadyHandled):
            inbox = f"{self._identity}:{event_id}"
            await self._journal.commit(Commit(inbox=inbox, outbox=outbox))


def _commands(made: Command | Iterable[Command]) -> tuple[Any, ...]:
    return (made,) if isinstance(made, Command) else tuple(made)
