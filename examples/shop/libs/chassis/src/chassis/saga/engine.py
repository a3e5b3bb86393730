"""The engine of sagas: each transition of an instance is one atomic write."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, TypeAlias
from uuid import UUID

from chassis import names, trace
from chassis.clock import Clock
from chassis.envelope import Envelope, Outgoing
from chassis.identity import identity_of
from chassis.messages import Event
from chassis.results import Versioned
from chassis.runtime.envelopes import EnvelopeFactory
from chassis.runtime.rows import Rows
from chassis.runtime.timers import TimerHandler
from chassis.runtime.work import Work
from chassis.saga.declaration import Saga
from chassis.saga.instance import Instance, Status
from chassis.saga.process import Process
from chassis.saga.schedule import TimerKind
from chassis.saga.transition import Dispatch, Transition
from chassis.store.port import Collection, Commit, Query, Store, Timer, equal
from chassis.telemetry.tracer import NO_SPANS, Tracer

_MANY = 10_000

_Move: TypeAlias = Callable[[Instance, datetime], Transition | None]


@dataclass(frozen=True, slots=True)
class _Awaited:
    """The instance that awaits the answer to a command; stored by the id of the command."""

    instance: str


class SagaEngine:
    """Runs one saga of a service.

    A redelivered event has no effect: its instance exists, or its answer is no longer awaited. What
    the transitions say is written at once: the instance, the commands, and the timers.
    """

    def __init__(
        self,
        saga: Saga[Any],
        store: Store,
        envelopes: EnvelopeFactory,
        clock: Clock,
        tracer: Tracer = NO_SPANS,
    ) -> None:
        self.saga = saga
        self._process = Process(saga)
        self._envelopes = envelopes
        self._clock = clock
        self._store = store
        self._tracer = tracer
        self._identity = identity_of(saga)
        self.instances = Rows(store, names.saga(self._identity), Instance, id="id")
        self._awaited = Rows(store, names.awaited(self._identity), _Awaited)

    @property
    def collections(self) -> tuple[Collection, ...]:
        """The collections that the store must be prepared for."""
        return self.instances.collection, self._awaited.collection

    @property
    def timer_handlers(self) -> Mapping[str, TimerHandler]:
        """The handlers of its timers, by name."""
        return {
            self._handler(TimerKind.DEADLINE): self._firing(self._process.deadline),
            self._handler(TimerKind.RETRY): self._firing(self._process.retry),
        }

    async def __call__(self, event: Event, envelope: Envelope, work: Work) -> None:
        """Start an instance, or continue the one whose command the event answers."""
        if isinstance(event, self.saga.starts_on):
            await self._start(event, envelope, work)
        if envelope.causation_id is not None:
            await self._answer(event, envelope.causation_id, work)

    async def counts(self) -> Mapping[str, int]:
        """Return the number of instances by status, at most 10,000 each."""
        name = self.instances.collection.name
        return {
            status.value: await self._store.count(
                Query(collection=name, where=(equal("status", status.value),), limit=_MANY)
            )
            for status in Status
        }

    async def resume(self, id: str, work: Work) -> None:
        """Send the refused commands of a stuck instance again."""
        await self._move(id, self._process.resume, work)

    async def settle(self, id: str, work: Work) -> None:
        """Continue an instance for which somebody has done by hand what was missing."""
        await self._move(id, self._process.settle, work)

    async def _start(self, event: Event, envelope: Envelope, work: Work) -> None:
        begun = self._process.begin(
            event,
            cause=envelope.id,
            correlation_id=envelope.correlation_id,
            now=self._clock(),
            traceparent=envelope.traceparent,
        )
        if await self.instances.get(work, begun.instance.id) is not None:
            return
        # An earlier version had one instance for each key.
        earlier = await self.instances.get(work, begun.instance.key)
        if earlier is None or earlier.state.cause != envelope.id:
            self._write(0, begun, work)

    async def _answer(self, event: Event, command_id: UUID, work: Work) -> None:
        awaited = await self._awaited.get(work, str(command_id))
        if awaited is None:
            return
        current = await self._instance(awaited.state.instance, work)
        transition = self._process.answered(current.state, command_id, event, self._clock())
        if transition is not None:
            self._write(current.version, transition, work)

    def _firing(self, move: _Move) -> TimerHandler:
        """Return the handler of a timer, which makes the transition `move`."""

        async def fire(timer: Timer, work: Work) -> None:
            work.add(Commit(drop_timers=(timer.id,)))
            await self._move(timer.data, move, work)

        return fire

    async def _move(self, id: str, move: _Move, work: Work) -> None:
        """Make a transition that no message causes, in the trace of the start."""
        current = await self._instance(id, work)
        instance = current.state
        begun = self._tracer.sampled(
            trace.begin(
                correlation_id=instance.correlation_id,
                causation_id=instance.cause,
                traceparent=instance.traceparent,
            )
        )
        with self._tracer.internal(begun, f"saga {self.saga.name}"):
            transition = move(instance, self._clock())
            if transition is not None:
                self._write(current.version, transition, work)

    async def _instance(self, id: str, work: Work) -> Versioned[Instance]:
        instance = await self.instances.get(work, id)
        if instance is None:
            raise LookupError(f"there is no instance {id} of the saga {self.saga.name}")
        return instance

    def _write(self, version: int, transition: Transition, work: Work) -> None:
        instance = transition.instance
        self.instances.put(work, instance.id, instance, expected=version, version=version + 1)
        for dispatch in transition.dispatches:
            awaited = _Awaited(instance.id)
            self._awaited.put(work, str(dispatch.id), awaited, expected=0, version=1)
        for id in transition.answered:
            self._awaited.delete(work, str(id), expected=1)
        work.add(
            Commit(
                outbox=tuple(map(self._outgoing, transition.dispatches)),
                set_timers=tuple(
                    Timer(
                        id=self._timer(kind, instance.id),
                        due=due,
                        handler=self._handler(kind),
                        data=instance.id,
                    )
                    for kind, due in transition.timers.items()
                    if due is not None
                ),
                drop_timers=tuple(
                    self._timer(kind, instance.id)
                    for kind, due in transition.timers.items()
                    if due is None
                ),
            )
        )

    def _outgoing(self, dispatch: Dispatch) -> Outgoing:
        current = trace.current()
        cause = current.causation_id if current else None
        return self._envelopes.wrap(dispatch.command, id=dispatch.id, causation_id=cause)

    def _handler(self, kind: TimerKind) -> str:
        suffix = "" if kind is TimerKind.DEADLINE else f":{kind}"
        return f"saga:{self._identity}{suffix}"

    def _timer(self, kind: TimerKind, instance_id: str) -> str:
        return f"{self._handler(kind)}:{instance_id}"
