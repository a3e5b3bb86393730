"""Assembly of a declared service from its parts. Nothing is started here."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from chassis.clock import Clock
from chassis.dead_letters import DeadLetterPublisher
from chassis.envelope import Envelope
from chassis.hub.port import Hub
from chassis.identity import identity_of
from chassis.messages import Command
from chassis.runtime.aggregates import EventRepository, Repository, StateRepository
from chassis.runtime.bindings import Binding, bindings, consumers, refusal_bindings
from chassis.runtime.commands import CommandHandler
from chassis.runtime.committer import Committer
from chassis.runtime.consumer import Retry
from chassis.runtime.decisions import DecisionRunner
from chassis.runtime.envelopes import EnvelopeFactory
from chassis.runtime.indexes import indexes
from chassis.runtime.materializer import Materializer
from chassis.runtime.policies import PolicyRunner
from chassis.runtime.relay import Relay
from chassis.runtime.rows import Rows
from chassis.runtime.timers import Timers
from chassis.runtime.unit import Unit
from chassis.saga.engine import SagaEngine
from chassis.service import Aggregate, EventSourced, Service
from chassis.store.port import Collection, Store


@dataclass(frozen=True, slots=True, kw_only=True)
class ServiceParts:
    """The parts of a service, except for its background work."""

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
    """Return the parts of `service` on `store` and `hub`, and the unit that runs them."""
    relay, timers = Relay(store, hub), Timers(store, clock)
    parts = _parts(service, store, Committer(store, relay.wake, timers.wake), clock)
    timers.handlers.update({policy.timer_handler: policy.on_timer for policy in parts.policies})
    for saga in parts.sagas:
        timers.handlers.update(saga.timer_handlers)
    dead_letters = DeadLetterPublisher(identity_of(service), service.messages, hub, clock)
    unit = Unit(
        name=service.name,
        messages=service.messages,
        store=store,
        hub=hub,
        clock=clock,
        collections=_collections(parts),
        consumers=consumers(_bindings(parts), dead_letters, retry),
        background={"relay": relay.run, "timers": timers.run},
        flush=relay.flush,
    )
    return parts, unit


def _parts(service: Service, store: Store, committer: Committer, clock: Clock) -> ServiceParts:
    envelopes = EnvelopeFactory(identity_of(service), service.messages, clock)
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
        decisions=DecisionRunner(replicas, service.answers),
        store=store,
        committer=committer,
        envelopes=envelopes,
        clock=clock,
    )
    return ServiceParts(
        service=service,
        store=store,
        repositories=repositories,
        replicas=replicas,
        commands=commands,
        policies=[PolicyRunner(p, commands, committer, envelopes) for p in service.policies],
        sagas=[SagaEngine(saga, store, committer, envelopes, clock) for saga in service.sagas],
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


def _bindings(parts: ServiceParts) -> Iterator[Binding]:
    """Commands, replicas, policies and sagas are separate groups, so none delays another."""
    unit, messages = identity_of(parts.service), parts.service.messages

    async def carry_out(command: Command, envelope: Envelope) -> None:
        await parts.commands.carry_out(command, envelope.id)

    for repository in parts.repositories:
        commands = repository.aggregate.commands
        yield from bindings(messages, f"{unit}.commands", commands, carry_out)
    for replica in parts.service.replicas:
        group = f"{unit}.replica.{identity_of(replica)}"
        materializer = Materializer(
            rows=parts.replicas[replica.row],
            project=replica.evolve,
            id=replica.id,
            group=group,
            store=parts.store,
        )
        yield from bindings(messages, group, replica.events, materializer)
    for policy in parts.policies:
        yield from bindings(messages, f"{unit}.policies", [policy.policy.event], policy)
    for saga in parts.sagas:
        group = f"{unit}.saga.{identity_of(saga.saga)}"
        yield from bindings(messages, group, [saga.saga.starts_on, *saga.saga.answers], saga)
        yield from refusal_bindings(messages, group, saga.saga.answers, saga)
