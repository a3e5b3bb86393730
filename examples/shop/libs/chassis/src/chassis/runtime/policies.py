"""Policies at run time: events in, commands out."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any
from uuid import UUID, uuid5

from chassis.envelope import Envelope, Outgoing
from chassis.identity import identity_of
from chassis.messages import Command, Event, decoded
from chassis.runtime.commands import CommandHandler
from chassis.runtime.envelopes import EnvelopeFactory
from chassis.runtime.work import Work
from chassis.service import Policy
from chassis.store.port import Commit, Received, Timer
from chassis.telemetry.tracer import NO_SPANS, Tracer


class PolicyRunner:
    """Runs one policy.

    The ids of its commands derive from the id of the event. So a redelivered event has no effect:
    the inbox of the service that handles the command knows the id.
    """

    def __init__(
        self,
        policy: Policy,
        commands: CommandHandler,
        envelopes: EnvelopeFactory,
        tracer: Tracer = NO_SPANS,
    ) -> None:
        self.policy = policy
        self._identity = identity_of(policy)
        self._commands = commands
        self._envelopes = envelopes
        self._tracer = tracer

    @property
    def timer_handler(self) -> str:
        """The name of the handler of its timers."""
        return f"policy:{self._identity}"

    async def __call__(self, event: Event, envelope: Envelope, work: Work) -> None:
        """React to the event, or set a timer to do so."""
        if self.policy.after is None:
            await self._react(event, envelope.id, work)
            return
        id = f"{self.timer_handler}:{envelope.id}"
        if work.handled(id):
            return
        timer = Timer(
            id=id,
            due=envelope.time + self.policy.after,
            handler=self.timer_handler,
            data=envelope.to_json().decode(),
        )
        work.add(Commit(inbox=(Received(id),), set_timers=(timer,)))

    async def on_timer(self, timer: Timer, work: Work) -> None:
        """React to the event that the timer was set for."""
        envelope = Envelope.from_json(timer.data.encode())
        event = decoded(self.policy.event, envelope.data)
        with self._tracer.process(envelope, self._identity):
            await self._react(event, envelope.id, work)
        work.add(Commit(drop_timers=(timer.id,)))

    async def _react(self, event: Event, event_id: UUID, work: Work) -> None:
        foreign: list[Outgoing] = []
        for number, command in enumerate(_commands(self.policy.react(event)), 1):
            id = uuid5(event_id, f"{self._identity}:{number}")
            if self._commands.handles(type(command)):
                await self._commands.carry_out(command, id, work)
            else:
                foreign.append(self._envelopes.wrap(command, id=id, causation_id=event_id))
        inbox = f"{self._identity}:{event_id}"
        if foreign and not work.handled(inbox):
            work.add(Commit(inbox=(Received(inbox),), outbox=tuple(foreign)))


def _commands(made: Command | Iterable[Command]) -> tuple[Any, ...]:
    return (made,) if isinstance(made, Command) else tuple(made)
