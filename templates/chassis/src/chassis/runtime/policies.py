"""Policies at run time: events in, commands out."""

from __future__ import annotations

from collections.abc import Iterable
from contextlib import suppress
from typing import Any
from uuid import UUID, uuid5

from chassis import trace
from chassis.envelope import Envelope
from chassis.errors import AlreadyHandled
from chassis.messages import Command, Event
from chassis.runtime.commands import CommandHandler
from chassis.runtime.committer import Committer
from chassis.runtime.envelopes import EnvelopeFactory
from chassis.service import Policy
from chassis.store.port import Commit, Timer


class PolicyRunner:
    """Runs one policy.

    The ids of its commands derive from the id of the event. So a redelivered event has no effect:
    the inbox of the service that handles the command knows the id.
    """

    def __init__(
        self,
        policy: Policy,
        commands: CommandHandler,
        committer: Committer,
        envelopes: EnvelopeFactory,
    ) -> None:
        self.policy = policy
        self._commands = commands
        self._committer = committer
        self._envelopes = envelopes

    @property
    def timer_handler(self) -> str:
        """The name of the handler of its timers."""
        return f"policy:{self.policy.name}"

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
            await self._committer.commit(Commit(inbox=id, set_timers=(timer,)))

    async def on_timer(self, timer: Timer) -> None:
        """React to the event that the timer was set for."""
        envelope = Envelope.from_json(timer.data.encode())
        event = self.policy.event.model_validate(envelope.data)
        with trace.use(trace.continued(envelope)):
            await self._react(event, envelope.id)
            await self._committer.commit(Commit(drop_timers=(timer.id,)))

    async def _react(self, event: Event, event_id: UUID) -> None:
        foreign: list[tuple[UUID, Command]] = []
        for number, command in enumerate(_commands(self.policy.react(event)), 1):
            id = uuid5(event_id, f"{self.policy.name}:{number}")
            if self._commands.handles(type(command)):
                await self._commands.carry_out(command, id)
            else:
                foreign.append((id, command))
        if foreign:
            await self._send(foreign, event_id)

    async def _send(self, commands: list[tuple[UUID, Command]], event_id: UUID) -> None:
        outbox = tuple(
            self._envelopes.wrap(command, id=id, causation_id=event_id) for id, command in commands
        )
        with suppress(AlreadyHandled):
            inbox = f"{self.policy.name}:{event_id}"
            await self._committer.commit(Commit(inbox=inbox, outbox=outbox))


def _commands(made: Command | Iterable[Command]) -> tuple[Any, ...]:
    return (made,) if isinstance(made, Command) else tuple(made)
