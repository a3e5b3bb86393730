"""The AsyncAPI document: topics as channels, and what the units send to them and receive."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from meshgen.naming import words
from meshgen.spec.model import Ref, Service
from meshgen.system.index import Index
from meshgen.system.lower.sagas import saga_commands, saga_events
from meshgen.system.lower.topics import messages
from meshgen.system.model import (
    AsyncApiView,
    Channel,
    ChannelMessage,
    HubOperation,
    HubView,
    Message,
    ReplyView,
)

REPLIES = ("CommandHandled", "CommandRefused")
"""What answers a command that has no event; they are defined in the template."""


def asyncapi(index: Index) -> AsyncApiView:
    """Return the document of `index.spec`."""
    topics: dict[str, list[Message]] = {}
    for message in messages(index):
        topics.setdefault(message.topic, []).append(message)
    return AsyncApiView(
        hub=_HUBS[index.spec.event_hub.engine],
        channels=tuple(_channel(index, name, found) for name, found in topics.items()),
        operations=tuple(sorted(_operations(index), key=lambda operation: operation.name)),
    )


def _channel(index: Index, topic: str, found: list[Message]) -> Channel:
    unit, are_events = found[0].module, topic.endswith(".events")
    answers = are_events and any(unit == of.service.name for of in index.commands.values())
    parameters = _HUBS[index.spec.event_hub.engine].parameters
    return Channel(
        topic=topic,
        address=".".join([topic, *(f"{{{name}}}" for name in parameters)]),
        description=_description(unit, are_events, answers),
        messages=tuple(_message(index, message) for message in found),
        replies=answers,
    )


def _description(unit: str, are_events: bool, answers: bool) -> str:
    if not are_events:
        return f"What others ask of {words(unit)}."
    replies = ", and its answers to commands without an event" if answers else ""
    return f"What has happened in {words(unit)}{replies}."


def _message(index: Index, message: Message) -> ChannelMessage:
    key, is_event = (message.module, message.name), message.topic.endswith(".events")
    summary = (index.events[key].event if is_event else index.commands[key].command).summary
    return ChannelMessage(
        name=message.name,
        title=words(message.name).capitalize(),
        summary=summary,
        type=message.type,
        source=_source(index, message.module) if is_event else None,
        envelope=f"{message.name}{'Event' if is_event else 'Command'}",
        schema=f"schemas/{message.module}.json#/$defs/{message.name}",
    )


def _source(index: Index, unit: str) -> str:
    ids = index.identities
    return f"/{ids.id('system', index.spec.name)}/{ids.id(index.spec.section(unit), unit)}"


def _operations(index: Index) -> Iterator[HubOperation]:
    """Yield the operations of every unit: one for the events of a topic, one for each command."""
    topics = {(m.module, m.name): m.topic for m in messages(index)}
    sent: dict[str, list[str]] = {}
    for of in index.events.values():
        sent.setdefault(of.unit, []).append(of.event.name)
    for unit, names in sent.items():
        yield _of_events(unit, "send", topics[unit, names[0]], names)
    for unit, events in _received(index):
        by_topic: dict[str, list[str]] = {}
        for ref in dict.fromkeys(events):
            by_topic.setdefault(topics[ref.unit, ref.name], []).append(ref.name)
        for topic, names in by_topic.items():
            yield _of_events(unit, "receive", topic, names)
    for unit, name in index.commands:
        ref = Ref(unit=unit, name=name)
        reply = _reply(index, ref, topics)
        yield _of_command(unit, "receive", ref, topics, reply)
        for service in index.spec.services:
            asked = any(ref in saga_commands(saga) for saga in service.sagas)
            # A policy carries out a command of its own service at once, without the event hub.
            if asked or (unit != service.name and _has_policy(service, ref)):
                yield _of_command(service.name, "send", ref, topics, reply if asked else None)


def _has_policy(service: Service, command: Ref) -> bool:
    return any(policy.do == command for policy in service.policies)


def _received(index: Index) -> Iterator[tuple[str, list[Ref]]]:
    """Yield each unit with the events that it reacts to."""
    for service in index.spec.services:
        yield service.name, list(_received_by(service, index))
    for projection in index.spec.projections:
        yield projection.name, [reaction.event for reaction in projection.reactions]
    for stream in index.spec.streams:
        yield stream.name, list(stream.events)


def _received_by(service: Service, index: Index) -> Iterator[Ref]:
    yield from (policy.on for policy in service.policies)
    for saga in service.sagas:
        yield from saga_events(saga, index)
    for replica in service.replicas:
        for event in index.aggregate(replica.of).events:
            yield Ref(unit=replica.of.unit, name=event.name)


def _of_events(unit: str, action: str, topic: str, names: Iterable[str]) -> HubOperation:
    return HubOperation(
        name=f"{unit}.{action}s.{topic}",
        action=action,
        channel=topic,
        messages=tuple(names),
        reply=None,
    )


def _of_command(
    unit: str,
    action: str,
    command: Ref,
    topics: dict[tuple[str, str], str],
    reply: ReplyView | None,
) -> HubOperation:
    return HubOperation(
        name=f"{unit}.{action}s.{command.unit}.{command.name}",
        action=action,
        channel=topics[command.unit, command.name],
        messages=(command.name,),
        reply=reply,
    )


def _reply(index: Index, command: Ref, topics: dict[tuple[str, str], str]) -> ReplyView:
    """Return the events of a command, and what answers it if there is none."""
    events = index.events_of(command)
    return ReplyView(
        channel=topics[events[0].unit, events[0].name],
        messages=(*(event.name for event in events), *REPLIES),
    )


def _texts(*names: str) -> dict[str, str]:
    return dict.fromkeys(names, "string")


_ATTRIBUTES = ("specversion", "id", "type", "subject")
_HUBS = {
    "kafka": HubView(
        protocol="kafka",
        parameters={},
        headers=_texts("content-type", "ce_specversion", "ce_id", "ce_type", "traceparent"),
    ),
    "rabbitmq": HubView(
        protocol="amqp",
        parameters={},
        headers={
            **_texts(*(f"cloudEvents:{name}" for name in _ATTRIBUTES)),
            "timestamp_in_ms": "integer",
            "traceparent": "string",
        },
    ),
    "nats": HubView(
        protocol="nats",
        parameters={
            "slot": "A number that follows from the subject of the CloudEvent.",
            "type": "The type of the CloudEvent.",
        },
        headers=_texts("Nats-Msg-Id"),
    ),
}
