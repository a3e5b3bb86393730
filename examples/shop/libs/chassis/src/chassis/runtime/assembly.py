"""Assembly of a declared service from its parts. Nothing is started here."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from chassis import names
from chassis.clock import Clock, utc_now
from chassis.dead_letters import DeadLetters
from chassis.envelope import Envelope
from chassis.hub.port import Hub
from chassis.identity import identity_of
from chassis.messages import Command
from chassis.runtime import observation
from chassis.runtime.adapters import Adapters
from chassis.runtime.aggregates import EventRepository, Repository, StateRepository
from chassis.runtime.bindings import Binding, Group, bindings, consumers, reply_bindings
from chassis.runtime.commands import CommandHandler
from chassis.runtime.committer import Committer
from chassis.runtime.consumer import Consumer
from chassis.runtime.decisions import DecisionRunner
from chassis.runtime.envelopes import EnvelopeFactory
from chassis.runtime.materializer import Materializer
from chassis.runtime.membership import Membership
from chassis.runtime.parts import Parts
from chassis.runtime.patterns import patterns
from chassis.runtime.policies import PolicyRunner
from chassis.runtime.relay import Relay
from chassis.runtime.retries import RETRY, Retry
from chassis.runtime.rows import Rows
from chassis.runtime.timers import Handling, Timers
from chassis.runtime.unit import Unit, leases
from chassis.runtime.work import Work
from chassis.saga.engine import SagaEngine
from chassis.service import Aggregate, EventSourced, Service
from chassis.store.port import Collection, Store
from chassis.telemetry import Telemetry
from chassis.telemetry.snapshot import Sample, Sources


@dataclass(frozen=True, slots=True, kw_only=True)
class ServiceParts:
    """The parts of a service, except for its background work."""

    service: Service
    repositories: Sequence[Repository]
    replicas: Mapping[type, Rows[Any]]
    adapters: Adapters
    commands: CommandHandler
    policies: Sequence[PolicyRunner]
    sagas: Sequence[SagaEngine]


@dataclass(frozen=True, slots=True, kw_only=True)
class Environment:
    """What a unit runs on.

    Attributes:
        store: The store of the unit.
        hub: The hub.
        clock: Says what time it is.
        retry: How often a message is tried.
        telemetry: What the unit records its work with.
        accept_empty_store: Whether it starts although its data was lost.
    """

    store: Store
    hub: Hub
    clock: Clock = utc_now
    retry: Retry = RETRY
    telemetry: Telemetry
    accept_empty_store: bool = False


def assemble(service: Service, on: Environment) -> tuple[ServiceParts, Unit, Sources]:
    """Return the parts of `service`, the unit that runs them, and what its metrics show."""
    store, hub = on.store, on.hub
    membership = Membership(store, leases(service.messages))
    dead_letters = DeadLetters(store, on.clock)
    relay = Relay(store, hub, membership, dead_letters, on.telemetry)
    committer = Committer(store, on.telemetry.metrics)
    timers = Timers(store, committer, membership, on.clock)
    committer.wake_relay, committer.wake_timers = relay.wake, timers.wake
    parts = _parts(service, on, committer)
    shared = Parts(
        store=store,
        hub=hub,
        committer=committer,
        membership=membership,
        dead_letters=dead_letters,
        retry=on.retry,
        telemetry=on.telemetry,
    )
    reading = consumers(_bindings(parts), service.messages, shared)
    timers.handlers.update(_timer_handlers(parts, reading))
    unit = Unit(
        name=service.name,
        messages=service.messages,
        parts=shared,
        collections=_collections(parts),
        consumers=reading,
        background={"relay": relay.run, "timers": timers.run},
        flush=relay.flush_if_mine,
        publishes=() if on.accept_empty_store else _own_topics(service),
        problems={"outbox": lambda: relay.problem},
    )

    async def stored() -> tuple[Sample, ...]:
        return (
            *await observation.outbox(store, on.clock),
            *await observation.dead_letters(shared),
            *await observation.sagas(parts.sagas),
        )

    def known() -> tuple[Sample, ...]:
        return (*observation.leases(shared), *observation.lags(reading, on.clock))

    return parts, unit, Sources(stored, known)


def _own_topics(service: Service) -> set[str]:
    """Return the topics of the events of the service, which nobody else publishes to."""
    events = (event for aggregate in service.aggregates for event in aggregate.events)
    return {service.messages.of(event).topic for event in events}


def _timer_handlers(
    parts: ServiceParts, reading: Iterable[Consumer]
) -> Iterator[tuple[str, Handling]]:
    for policy in parts.policies:
        yield policy.timer_handler, Handling(policy.on_timer)
    for saga in parts.sagas:
        mine = [consumer for consumer in reading if consumer.group == _saga_group(parts, saga).name]

        async def oldest_unhandled(mine: list[Consumer] = mine) -> datetime | None:
            """A deadline waits for the answers that were published before it."""
            found = await asyncio.gather(*(consumer.oldest_unhandled() for consumer in mine))
            return min((time for time in found if time is not None), default=None)

        for name, handle in saga.timer_handlers.items():
            yield name, Handling(handle, oldest_unhandled)


def _parts(service: Service, on: Environment, committer: Committer) -> ServiceParts:
    envelopes = EnvelopeFactory(
        identity_of(service), service.messages, on.clock, lambda: on.hub.max_message_bytes
    )
    repositories = [_repository(service, aggregate, on.store) for aggregate in service.aggregates]
    replicas = {
        replica.row: Rows(
            on.store,
            names.replica(identity_of(replica)),
            replica.row,
            keys=replica.stored,
            id=replica.id,
        )
        for replica in service.replicas
    }
    adapters = Adapters(service.ports)
    commands = CommandHandler(
        messages=service.messages,
        repositories=repositories,
        decisions=DecisionRunner(replicas, adapters),
        store=on.store,
        committer=committer,
        envelopes=envelopes,
        clock=on.clock,
        telemetry=on.telemetry,
    )
    tracer = on.telemetry.tracer
    return ServiceParts(
        service=service,
        repositories=repositories,
        replicas=replicas,
        adapters=adapters,
        commands=commands,
        policies=[PolicyRunner(policy, commands, envelopes, tracer) for policy in service.policies],
        sagas=[SagaEngine(saga, on.store, envelopes, on.clock, tracer) for saga in service.sagas],
    )


def _repository(service: Service, aggregate: Aggregate[Any, Any, Any], store: Store) -> Repository:
    if isinstance(aggregate, EventSourced):
        return EventRepository(aggregate, service.messages)
    return StateRepository(aggregate, store, patterns(service.routes, aggregate.state))


def _collections(parts: ServiceParts) -> list[Collection]:
    return [
        *(collection for repository in parts.repositories for collection in repository.collections),
        *(rows.collection for rows in parts.replicas.values()),
        *(collection for saga in parts.sagas for collection in saga.collections),
    ]


def _bindings(parts: ServiceParts) -> Iterator[Binding]:
    """Commands, and each replica, policy and saga, are separate groups: none delays another."""
    unit, messages = identity_of(parts.service), parts.service.messages

    async def carry_out(command: Command, envelope: Envelope, work: Work) -> None:
        await parts.commands.carry_out(command, envelope.id, work, acknowledge=True)

    for repository in parts.repositories:
        commands = repository.aggregate.commands
        yield from bindings(messages, Group(f"{unit}.commands"), commands, carry_out)
    for replica in parts.service.replicas:
        name = f"{unit}.replica.{identity_of(replica)}"
        materializer = Materializer(
            rows=parts.replicas[replica.row], project=replica.evolve, id=replica.id, group=name
        )
        yield from bindings(messages, Group(name), replica.events, materializer)
    for policy in parts.policies:
        name = f"{unit}.policy.{identity_of(policy.policy)}"
        group = Group(name, policy.policy.start)
        yield from bindings(messages, group, [policy.policy.event], policy)
    for saga in parts.sagas:
        group = _saga_group(parts, saga)
        yield from bindings(messages, group, [saga.saga.starts_on, *saga.saga.answers], saga)
        yield from reply_bindings(messages, group, saga.saga.answers, saga)


def _saga_group(parts: ServiceParts, saga: SagaEngine) -> Group:
    name = f"{identity_of(parts.service)}.saga.{identity_of(saga.saga)}"
    return Group(name, saga.saga.start)
