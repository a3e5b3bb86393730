"""Puts the parts of a declared service together. Nothing here runs yet."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from chassis.clock import Clock
from chassis.dead_letters import DeadLetterOffice
from chassis.envelope import Envelope
from chassis.hub.port import Hub
from chassis.identity import identity_of
from chassis.messages import Command
from chassis.runtime.aggregates import EventRepository, Repository, StateRepository
from chassis.runtime.answers import Answers
from chassis.runtime.commands import CommandHandler
from chassis.runtime.consumer import Retry
from chassis.runtime.indexes import indexes
from chassis.runtime.interests import Interest, consumers, interests, refusals
from chassis.runtime.journal import Journal
from chassis.runtime.materializer import Materializer
from chassis.runtime.policies import PolicyRunner
from chassis.runtime.relay import Relay
from chassis.runtime.rows import Rows
from chassis.runtime.sealer import Sealer
from chassis.runtime.timers import Timers
from chassis.runtime.unit import Unit
from chassis.saga.engine import SagaEngine
from chassis.service import Aggregate, EventSourced, Service
from chassis.store.port import Collection, Store


@dataclass(frozen=True, slots=True, kw_only=True)
class ServiceParts:
    """What a service is made of, besides the unit's moving parts."""

    service: Service
    store: Store
    repositories: Sequence[Repository]
    replicas: Mapping[type, Rows[Any]]
    commands: CommandHandler
    policies: Sequence[PolicyRunner]
    sagas: Sequence[SagaEngine]


def assemble(
    service: Service, store: Store, hub: Hub, clock: Clock, retry: Retry
) -> tuple[ServiceParts, Unit]:
    """Return the parts of `service` on `store` and `hub`, and the unit that moves them."""
    relay, timers = Relay(store, hub), Timers(store, clock)
    parts = _parts(service, store, Journal(store, relay.wake, timers.wake), clock)
    timers.handlers.update({policy.timer_handler: policy.remind for policy in parts.policies})
    timers.handlers.update({saga.timer_handler: saga.expire for saga in parts.sagas})
    office = DeadLetterOffice(identity_of(service), service.messages, hub, clock)
    unit = Unit(
        name=service.name,
        messages=service.messages,
        store=store,
        hub=hub,
        clock=clock,
        collections=_collections(parts),
        consumers=consumers(_interests(parts), office, retry),
        background={"relay": relay.run, "timers": timers.run},
        flush=relay.flush,
    )
    return parts, unit


def _parts(service: Service, store: Store, journal: Journal, clock: Clock) -> ServiceParts:
    sealer = Sealer(identity_of(service), service.messages, clock)
    repositories = [_repository(service, aggregate, store) for aggregate in service.aggregates]
    replicas = {
        replica.row: Rows(
            store, f"replica_{identity_of(replica)}", replica.row, keys=replica.stored
        )
        for replica in service.replicas
    }
    commands = CommandHandler(
        messages=service.messages,
        repositories=repositories,
        answers=Answers(replicas, service.answers),
        store=store,
        journal=journal,
        sealer=sealer,
        clock=clock,
    )
    return ServiceParts(
        service=service,
        store=store,
        repositories=repositories,
        replicas=replicas,
        commands=commands,
        policies=[PolicyRunner(p, commands, journal, sealer) for p in service.policies],
        sagas=[SagaEngine(saga, store, journal, sealer, clock) for saga in service.sagas],
    )


def _repository(service: Service, aggregate: Aggregate[Any, Any, Any], store: Store) -> Repository:
    if isinstance(aggregate, EventSourced):
        return EventRepository(aggregate, store, service.messages)
    return StateRepository(aggregate, store, indexes(service.routes, aggregate.state))


def _collections(parts: ServiceParts) -> list[Collection]:
    return [
        *(collection for repository in parts.repositories for collection in repository.collections),
        *(rows.collection for rows in parts.replicas.values()),
        *(collection for saga in parts.sagas for collection in saga.collections),
    ]


def _interests(parts: ServiceParts) -> Iterator[Interest]:
    """Commands, replicas, policies and sagas are groups of their own: none holds up another."""
    unit, messages = identity_of(parts.service), parts.service.messages

    async def carry_out(command: Command, envelope: Envelope) -> None:
        await parts.commands.carry_out(command, envelope.id)

    for repository in parts.repositories:
        commands = repository.aggregate.commands
        yield from interests(messages, f"{unit}.commands", commands, carry_out)
    for replica in parts.service.replicas:
        group = f"{unit}.replica.{identity_of(replica)}"
        materializer = Materializer(
            rows=parts.replicas[replica.row],
            project=replica.evolve,
            id=replica.id,
            group=group,
            store=parts.store,
        )
        yield from interests(messages, group, replica.events, materializer)
    for policy in parts.policies:
        yield from interests(messages, f"{unit}.policies", [policy.policy.event], policy)
    for saga in parts.sagas:
        group = f"{unit}.saga.{identity_of(saga.saga)}"
        yield from interests(messages, group, [saga.saga.starts_on, *saga.answers], saga)
        yield from refusals(messages, group, saga.answers, saga)
