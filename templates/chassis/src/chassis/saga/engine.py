"""The engine of sagas: each transition of an instance is one atomic write."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any
from uuid import UUID

from chassis import trace
from chassis.clock import Clock
from chassis.envelope import Envelope
from chassis.messages import Event
from chassis.results import Versioned
from chassis.runtime.committer import Committer
from chassis.runtime.envelopes import EnvelopeFactory
from chassis.runtime.retries import retry_on_conflict
from chassis.runtime.rows import Rows
from chassis.saga.declaration import Saga, answers
from chassis.saga.process import Instance, Process, Status, Transition
from chassis.store.port import Collection, Commit, Delete, Put, Store, Timer


@dataclass(frozen=True, slots=True)
class _Awaited:
    """The instance that awaits the answer to a command; stored by the id of the command."""

    instance: str


class SagaEngine:
    """Runs one saga of a service.

    A redelivered event has no effect: its instance exists, or its answer is no longer awaited.
    """

    def __init__(
        self,
        saga: Saga[Any],
        store: Store,
        committer: Committer,
        envelopes: EnvelopeFactory,
        clock: Clock,
    ) -> None:
        self.saga = saga
        self._process = Process(saga)
        self._committer = committer
        self._envelopes = envelopes
        self._clock = clock
        self._instances = Rows(store, f"saga_{saga.name}", Instance)
        self._awaited = Rows(store, f"saga_{saga.name}_awaited", _Awaited)

    @property
    def collections(self) -> tuple[Collection, ...]:
        """The collections that the store must be prepared for."""
        return self._instances.collection, self._awaited.collection

    @property
    def timer_handler(self) -> str:
        """The name of the handler of its deadlines."""
        return f"saga:{self.saga.name}"

    @property
    def answers(self) -> tuple[type[Event], ...]:
        """The events that answer its commands, without refusals."""
        return tuple(
            event for step in self.saga.steps for event in answers(step.done) + answers(step.failed)
        )

    async def __call__(self, event: Event, envelope: Envelope) -> None:
        """Start an instance, or continue the one whose command the event answers."""
        if isinstance(event, self.saga.starts_on):
            await self._start(event, envelope)
        if envelope.causation_id is not None:
            command_id = envelope.causation_id
            await retry_on_conflict(lambda: self._answer(event, command_id))

    async def on_deadline(self, timer: Timer) -> None:
        """Fail the instance whose deadline has passed."""
        await retry_on_conflict(lambda: self._expire(timer))

    async def _start(self, event: Event, envelope: Envelope) -> None:
        id = str(getattr(event, self.saga.id))
        if await self._instances.get(id) is not None:
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
        await self._commit(0, self._process.begin(instance), set_timers=timers)

    async def _answer(self, event: Event, command_id: UUID) -> None:
        awaited = await self._awaited.get(str(command_id))
        if awaited is None:
            return
        current = await self._instance(awaited.state.instance)
        transition = self._process.answered(current.state, command_id, event)
        if transition is not None:
            answered = self._awaited.delete(str(command_id), expected=awaited.version)
            await self._commit(current.version, transition, deletes=(answered,))

    async def _expire(self, timer: Timer) -> None:
        current = await self._instance(timer.data)
        instance = current.state
        expired = trace.begin(correlation_id=instance.correlation_id, causation_id=instance.cause)
        with trace.use(expired):
            await self._commit(current.version, self._process.deadline(instance))

    async def _instance(self, id: str) -> Versioned[Instance]:
        instance = await self._instances.get(id)
        if instance is None:
            raise LookupError(f"there is no instance {id} of the saga {self.saga.name}")
        return instance

    async def _commit(
        self,
        version: int,
        transition: Transition,
        *,
        deletes: tuple[Delete, ...] = (),
        set_timers: tuple[Timer, ...] = (),
    ) -> None:
        instance = transition.instance
        current = trace.current()
        running = instance.status is Status.RUNNING
        await self._committer.commit(
            Commit(
                puts=(
                    self._instances.put(
                        instance.id, instance, expected=version, version=version + 1
                    ),
                    *self._awaiting(transition),
                ),
                deletes=deletes,
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

    def _awaiting(self, transition: Transition) -> tuple[Put, ...]:
        awaited = _Awaited(transition.instance.id)
        return tuple(
            self._awaited.put(str(dispatch.id), awaited, expected=0, version=1)
            for dispatch in transition.dispatches
            if dispatch.awaited
        )

    def _timer(self, instance_id: str) -> str:
        return f"{self.timer_handler}:{instance_id}"
