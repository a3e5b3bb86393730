"""Topics with their messages, publishers and subscribers."""

from __future__ import annotations

from collections.abc import Iterable

from meshgen.spec.model import Ref, Service
from meshgen.system.index import Index
from meshgen.system.lower.sagas import saga_refs
from meshgen.system.model import Message, Topic


def messages(index: Index) -> tuple[Message, ...]:
    """Return every event and command, grouped by topic."""
    found = [
        _message(index, "events", of.service.name, of.event.name, of.aggregate.id)
        for of in index.events.values()
    ]
    found += [
        _message(index, "commands", of.service.name, of.command.name, of.aggregate.id)
        for of in index.commands.values()
    ]
    return tuple(sorted(found, key=lambda message: message.topic))


def message_of(index: Index, ref: Ref) -> Message:
    """Return the event with a reference."""
    of = index.event(ref)
    return _message(index, "events", of.service.name, of.event.name, of.aggregate.id)


def topics(index: Index) -> tuple[Topic, ...]:
    """Return every topic with its messages, publishers and subscribers.

    Events are published by their service and received by the units that react to them. Commands
    are published by the services whose policies and sagas send them, and received by their service.
    """
    found: dict[str, list[Message]] = {}
    for message in messages(index):
        found.setdefault(message.topic, []).append(message)
    return tuple(_topic(index, name, tuple(members)) for name, members in found.items())


def _topic(index: Index, name: str, members: tuple[Message, ...]) -> Topic:
    owner, names = members[0].module, {member.name for member in members}
    others = tuple(
        unit
        for unit, refs in _named(index)
        if any(ref.unit == owner and ref.name in names for ref in refs)
    )
    are_events = name.endswith(".events")
    return Topic(
        name=name,
        messages=members,
        senders=(owner,) if are_events else others,
        receivers=others if are_events else (owner,),
    )


def _named(index: Index) -> Iterable[tuple[str, list[Ref]]]:
    """Yield each unit with the messages of others that it receives or sends."""
    for service in index.spec.services:
        yield service.name, _named_by(service, index)
    for projection in index.spec.projections:
        yield projection.name, [reaction.event for reaction in projection.reactions]
    for stream in index.spec.streams:
        yield stream.name, list(stream.events)


def _named_by(service: Service, index: Index) -> list[Ref]:
    refs = [policy.on for policy in service.policies]
    refs += [policy.do for policy in service.policies if policy.do.unit != service.name]
    refs += [ref for saga in service.sagas for ref in saga_refs(saga, index)]
    for replica in service.replicas:
        events = index.aggregate(replica.of).events
        refs += [Ref(unit=replica.of.unit, name=event.name) for event in events]
    return refs


def _message(index: Index, kind: str, unit: str, name: str, subject: str) -> Message:
    ids = index.identities
    topic = f"{ids.id('system', index.spec.name)}.{ids.id('services', unit)}"
    return Message(
        name=name,
        module=unit,
        type=f"{topic}.{ids.id('services', unit, kind, name)}.v1",
        topic=f"{topic}.{kind}",
        subject=subject,
    )
