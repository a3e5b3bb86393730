"""The runtime of projections and streams."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable, Mapping
from contextlib import suppress
from dataclasses import replace
from typing import Any

import structlog

from chassis import names
from chassis.clock import Clock, utc_now
from chassis.dead_letters import DeadLetters
from chassis.errors import Conflict, Unavailable
from chassis.health import Checks
from chassis.hub.port import Hub
from chassis.hub.topics import topic_of
from chassis.identity import identity_of
from chassis.projection import MaterializedView, Projection
from chassis.results import Page
from chassis.runtime import generations, housekeeping, observation
from chassis.runtime.bindings import Binding, Group, bindings, consumers
from chassis.runtime.committer import Committer
from chassis.runtime.emitter import Emitter
from chassis.runtime.envelopes import EnvelopeFactory
from chassis.runtime.generations import History, ReadModel, ReadModels
from chassis.runtime.materializer import Materializer
from chassis.runtime.membership import Membership
from chassis.runtime.parts import Parts
from chassis.runtime.relay import Relay
from chassis.runtime.removal import remove_all
from chassis.runtime.retries import RETRY, Retry
from chassis.runtime.unit import Unit, leases
from chassis.runtime.watermarks import Watermarks
from chassis.runtime.windowing import Windowing
from chassis.store.port import Collection, Store
from chassis.stream import Stream
from chassis.telemetry import Telemetry
from chassis.telemetry.snapshot import Sample, Sources

_LOOK = 0.5  # seconds

_log = structlog.get_logger()


class _Generation:
    """The rows of one generation, and the consumers that apply events to them."""

    def __init__(
        self,
        view: MaterializedView[Any],
        number: int,
        parts: Parts,
        envelopes: EnvelopeFactory | None = None,
        history: str | None = None,
    ) -> None:
        """Create a generation that reads the topics of its events, or first that of its history.

        `envelopes` wraps the events of a stream; None if it has none.
        """
        self.number = number
        self.history = history
        self.rows = generations.rows_of(view, number, parts.store)
        self.watermarks: Watermarks | None = None
        self._envelopes = envelopes
        self.collections: tuple[Collection, ...] = (self.rows.collection,)
        self.shared: tuple[Collection, ...] = ()
        group = generations.group_name(identity_of(view), number)
        reading = self._bindings(view, group, parts)
        if history is not None:
            reading = [replace(binding, topic=history) for binding in reading]
        self.consumers = consumers(reading, view.messages, parts)
        self._reached: list[Mapping[int, int]] = []

    def _bindings(self, view: MaterializedView[Any], group: str, parts: Parts) -> list[Binding]:
        match view:
            case Projection():
                materializer = Materializer(
                    rows=self.rows, project=view.project, id=view.id, group=group
                )
                return bindings(view.messages, Group(group), view.events, materializer)
            case Stream():
                windowing = self._windowing(view, group, parts)
                self.collections += windowing.collections
                in_order = Group(group, by_subject=False)
                return bindings(view.messages, in_order, view.events, windowing)
            case _:
                raise TypeError(f"{view.name} is neither a projection nor a stream")

    def _emitter(self, stream: Stream[Any, Any], parts: Parts) -> Emitter | None:
        """Return what emits the events of a stream; nothing while it reads its history."""
        if self._envelopes is None:
            return None
        identity = identity_of(stream)
        emitter = Emitter(
            stream,
            parts.store,
            self._envelopes,
            happened=names.happened(identity).generation(self.number),
            emitted=names.emitted(identity),
        )
        self.shared = (emitter.emitted,)
        return emitter if self.history is None else None

    def _windowing(self, stream: Stream[Any, Any], group: str, parts: Parts) -> Windowing:
        self.watermarks = Watermarks(
            store=parts.store,
            hub=parts.hub,
            messages=stream.messages,
            name=names.watermarks(identity_of(stream)).generation(self.number),
            delay=stream.watermark,
        )
        return Windowing(
            stream,
            store=parts.store,
            rows=self.rows,
            sessions=names.sessions(identity_of(stream)).generation(self.number),
            watermarks=self.watermarks,
            group=group,
            emitter=self._emitter(stream, parts),
            in_order=self.history is None,
        )

    async def has_read_all(self) -> bool:
        """Return whether everything that its topics have now was handled."""
        return not any([await each.oldest_unhandled() for each in self.consumers])

    async def has_reached(self, other: _Generation) -> bool:
        """Return whether this generation is where `other` was at the last call, or at the end."""
        before, self._reached = self._reached, await other.positions()
        mine = await self.positions()
        if before and all(map(_is_at, mine, before)):
            return True
        # What the other one has read last may have been removed from the hub.
        return await self.has_read_all()

    async def positions(self) -> list[Mapping[int, int]]:
        """Return the positions by partition, for each topic."""
        return [await consumer.checkpoints.positions() for consumer in self.consumers]


class ProjectionRuntime:
    """Runs a projection or a stream on a store and a hub."""

    def __init__(
        self,
        view: MaterializedView[Any],
        store: Store,
        hub: Hub,
        clock: Clock = utc_now,
        retry: Retry = RETRY,
        telemetry: Telemetry | None = None,
    ) -> None:
        telemetry = (telemetry or Telemetry.of(view.name)).via(hub.system)
        messages = view.messages
        self._view = view
        self._store = store
        self._models = ReadModels(store)
        self._parts = Parts(
            store=store,
            hub=hub,
            committer=Committer(store, telemetry.metrics),
            membership=Membership(store, leases(messages)),
            dead_letters=DeadLetters(store, clock),
            retry=retry,
            telemetry=telemetry,
        )
        self._clock = clock
        self.sources = Sources(self._stored, self._known)
        self._running: dict[int, _Generation] = {}
        self._is_reading = not (isinstance(view, Stream) and view.written_by(hub.system))
        self._envelopes = self._envelopes_of(view)
        self._relay = self._relay_of(self._parts) if self._envelopes else None
        self._live = self._generation(ReadModel().live)
        self._unit = self._unit_of(view)

    def _envelopes_of(self, view: MaterializedView[Any]) -> EnvelopeFactory | None:
        if not isinstance(view, Stream) or not view.emits:
            return None
        hub = self._parts.hub
        return EnvelopeFactory(
            identity_of(view), view.messages, self._clock, lambda: hub.max_message_bytes
        )

    def _relay_of(self, parts: Parts) -> Relay:
        relay = Relay(parts.store, parts.hub, parts.membership, parts.dead_letters, parts.telemetry)
        parts.committer.wake_relay = relay.wake
        return relay

    def _unit_of(self, view: MaterializedView[Any]) -> Unit:
        relay = self._relay
        return Unit(
            name=identity_of(view),
            messages=view.messages,
            parts=self._parts,
            collections=[generations.COLLECTION, *self._live.shared],
            background={"generations": self._watch, **({"relay": relay.run} if relay else {})},
            flush=relay.flush_if_mine if relay else None,
            problems={"outbox": lambda: relay.problem} if relay else {},
        )

    async def search(
        self,
        by: Mapping[str, object],
        filter: Mapping[str, object],
        sort: tuple[str, ...],
        limit: int,
        cursor: str | None = None,
    ) -> Page[Any]:
        """Return a page of rows; see `ServiceRuntime.search`."""
        return await self._live.rows.search(by, filter, sort, limit, cursor)

    def collections(self, numbers: Iterable[int]) -> tuple[Collection, ...]:
        """Return the collections that the store is prepared for, with those of generations."""
        built = (self._generation(number) for number in numbers)
        return (*self._unit.collections, *(each for one in built for each in one.collections))

    @property
    def idle(self) -> bool:
        """Whether all messages that have been published are handled."""
        return self._unit.idle

    @property
    def topics(self) -> frozenset[str]:
        """The topics that are read."""
        return self._unit.topics

    async def start(self) -> None:
        """Prepare the store and start the consumers; return when they run."""
        self._running.clear()
        await self._unit.start()
        await self._store.prepare(self._live.collections)
        await self._follow(await self._models.load())

    async def drain(self) -> None:
        """Receive no more messages and finish those in flight."""
        await self._unit.drain()

    async def close(self) -> None:
        """Stop immediately. The caller closes the store and the hub."""
        await self._unit.close()

    async def readiness(self) -> Checks:
        """Return "ok", or the reason why not, for the store, the hub and the consumers."""
        return await self._unit.readiness()

    async def _stored(self) -> tuple[Sample, ...]:
        watermarks = self._live.watermarks if self._is_reading else None
        return (
            *(await observation.outbox(self._store, self._clock) if self._relay else ()),
            *await observation.dead_letters(self._parts),
            *(await observation.watermarks(watermarks, self._clock) if watermarks else ()),
        )

    def _known(self) -> tuple[Sample, ...]:
        reading = [each for built in self._running.values() for each in built.consumers]
        return (
            *observation.leases(self._parts),
            *observation.lags(reading, self._clock),
            *self._lag(),
        )

    def _lag(self) -> tuple[Sample, ...]:
        consumers = self._live.consumers
        return (observation.projection_lag(consumers, self._clock),) if self._is_reading else ()

    async def _watch(self) -> None:
        """Follow the document of the read model; one process also advances it."""
        while True:
            await asyncio.sleep(_LOOK)
            with suppress(Unavailable, Conflict):  # the next look may succeed
                model = await self._models.load()
                await self._follow(model)
                if housekeeping.LEASE in self._parts.membership.owned:
                    await self._advance(model)

    async def _follow(self, model: ReadModel) -> None:
        """Serve the live generation, and run the consumers of all that are wanted."""
        if self._live.number != model.live:
            self._live = self._running.get(model.live) or await self._opened(model.live)
        for number, running in tuple(self._running.items()):
            history = model.history_of(number)
            if number not in model.generations or running.history != (history and history.topic):
                await self._unit.cease(self._running.pop(number).consumers)
        for number in model.generations if self._is_reading else ():
            if number not in self._running:
                history = model.history_of(number)
                wanted = self._live if number == model.live else await self._opened(number, history)
                self._running[number] = wanted
                self._unit.consume(wanted.consumers)

    async def _opened(self, number: int, history: History | None = None) -> _Generation:
        topic = history.topic if history else None
        if topic is not None:
            messages = self._view.messages
            await self._parts.hub.declare(topic_of(messages, topic, temporary=True))
        generation = self._generation(number, topic)
        await self._store.prepare(generation.collections)
        return generation

    def _generation(self, number: int, history: str | None = None) -> _Generation:
        return _Generation(self._view, number, self._parts, self._envelopes, history)

    async def _advance(self, model: ReadModel) -> None:
        """Switch to a generation that has caught up; remove one that is not needed any more."""
        if model.retired is not None:
            await self._remove(model.retired)
            await self._models.save(replace(model, retired=None))
        elif (built := self._running.get(model.building or 0)) is None:
            return
        elif model.history is not None:
            if model.history.complete and await built.has_read_all():
                await self._models.save(replace(model, history=None))
                await self._remove_history(built, model.history.topic)
        elif await built.has_reached(self._running[model.live]):
            await self._models.save(model.switched())
            _log.info("read model switched", unit=self._unit.name, generation=built.number)

    async def _remove_history(self, built: _Generation, topic: str) -> None:
        await self._unit.cease(self._running.pop(built.number).consumers)
        for consumer in built.consumers:
            await consumer.checkpoints.remove()
        await self._parts.hub.delete(topic)

    async def _remove(self, number: int) -> None:
        old = await self._opened(number)
        for collection in old.collections:
            await remove_all(self._store, collection.name)
        for consumer in old.consumers:
            await consumer.checkpoints.remove()
        # The next generation has read their messages again.
        group = generations.group_name(identity_of(self._view), number)
        await self._parts.dead_letters.remove_all(group)


def _is_at(mine: Mapping[int, int], other: Mapping[int, int]) -> bool:
    return all(mine[partition] >= position for partition, position in other.items())
