"""The engine of sagas: each transition of an instance is one atomic write."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any
from uuid import UUID

from chassis import trace
from chassis.clock import Clock
from chassis.envelope import Envelope
from chassis.identity import identity_of
from chassis.messages import Event
from chassis.results import Versioned
from chassis.runtime.envelopes import EnvelopeFactory
from chassis.runtime.rows import Rows
from chassis.runtime.work import Work
from chassis.saga.declaration import Saga, answers
from chassis.saga.process import Instance, Process, Status, Transition
from chassis.store.port import Collection, Commit, Store, Timer


@dataclass(frozen=True, slots=True)
class _Awaited:
    """The instance that awaits the answer to a command; stored by the id of the command."""

    instance: str


class SagaEngine:
    """Runs one saga of a service.

    A redelivered event has no effect: its instance exists, or its answer is no longer awaited.
    """

    def __init__(
        self, saga: Saga[Any], store: Store, envelopes: EnvelopeFactory, clock: Clock
    ) -> None:
        self.saga = saga
        self._process = Process(saga)
        self._envelopes = envelopes
        self._clock = clock
        self._identity = identity_of(saga)
        self._instances = Rows(store, f"saga_{self._identity}", Instance)
        self._awaited = Rows(store, f"saga_{self._identity}_awaited", _Awaited)

    @property
    def collections(self) -> tuple[Collection, ...]:
        """The collections that the store must be prepared for."""
        return self._instances.collection, self._awaited.collection

    @property
    def timer_handler(self) -> str:
        """The name of the handler of its deadlines."""
        return f"saga:{self._identity}"

    @property
    def answers(self) -> tuple[type[Event], ...]:
        """The events that answer its commands, without refusals."""
        return tuple(
            event for step in self.saga.steps for event in answers(step.done) + answers(step.failed)
        )

    async def __call__(self, event: Event, envelope: Envelope, work: Work) -> None:
        """Start an instance, or continue the one whose command the event answers."""
        if isinstance(event, self.saga.starts_on):
            await self._start(event, envelope, work)
        if envelope.causation_id is not None:
            await self._answer(event, envelope.causation_id, work)

    async def on_deadline(self, timer: Timer, work: Work) -> None:
        """Fail the instance whose deadline has passed."""
        current = await self._instance(timer.data, work)
        instance = current.state
        expired = trace.begin(correlation_id=instance.correlation_id, causation_id=instance.cause)
        with trace.use(expired):
            self._write(current.version, self._process.deadline(instance), work)

    async def _start(self, event: Event, envelope: Envelope, work: Work) -> None:
        id = str(getattr(event, self.saga.id))
        if await self._instances.get(work, id) is not None:
            return
        instance = Instance(
            id=id,
            correlation_id=envelope.correlation_id,
            cause=envelope.id,
            start=envelope.data,
        )
        timers: tuple[Timer, ...] = ()
        if self.saga.deadline is not None:
            due = self._clock() + self.saga.deadline
            timers = (Timer(id=self._timer(id), due=due, handler=self.timer_handler, data=id),)
        self._write(0, self._process.begin(instance), work, set_timers=timers)

    async def _answer(self, event: Event, command_id: UUID, work: Work) -> None:
        awaited = await self._awaited.get(work, str(command_id))
        if awaited is None:
            return
        current = await self._instance(awaited.state.instance, work)
        transition = self._process.answered(current.state, command_id, event)
        if transition is not None:
            self._awaited.delete(work, str(command_id), expected=awaited.version)
            self._write(current.version, transition, work)

    async def _instance(self, id: str, work: Work) -> Versioned[Instance]:
        instance = await self._instances.get(work, id)
        if instance is None:
            raise LookupError(f"there is no instance {id} of the saga {self.saga.name}")
        return instance

    def _write(
        self,
        version: int,
        transition: Transition,
        work: Work,
        *,
        set_timers: tuple[Timer, ...] = (),
    ) -> None:
        instance = transition.instance
        current = trace.current()
        running = instance.status is Status.RUNNING
        self._instances.put(work, instance.id, instance, expected=version, version=version + 1)
        for dispatch in transition.dispatches:
            if dispatch.awaited:
                awaited = _Awaited(instance.id)
                self._awaited.put(work, str(dispatch.id), awaited, expected=0, version=1)
        work.add(
            Commit(
                outbox=tuple(
                    self._envelopes.wrap(
                        dispatch.command,
                        id=dispatch.id,
                        causation_id=current.causation_id if current else None,
                    )
                    for dispatch in transition.dispatches
                ),
                set_timers=set_timers if running else (),
                drop_timers=() if running else (self._timer(instance.id),),
            )
        )

    def _timer(self, instance_id: str) -> str:
        return f"{self.timer_handler}:{instance_id}"
