"""Bindings of message types to handlers, and the consumers that they make up."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from itertools import groupby

from chassis.messages import COMMAND_REPLIES, Catalog, Command, Message
from chassis.runtime.checkpoints import Checkpoints
from chassis.runtime.consumer import Consumer
from chassis.runtime.deliveries import Decoder, Handle, Reaction
from chassis.runtime.parts import Parts
from chassis.service import Start


@dataclass(frozen=True, slots=True)
class Group:
    """A consumer group.

    Attributes:
        name: Its name.
        start: Where it starts when it has never run.
        by_subject: Whether a message waits for those before it with the same subject, and for no
            others; if not, it is handled in the order of its partition, whatever has failed.
    """

    name: str
    start: Start = Start.BEGINNING
    by_subject: bool = True


@dataclass(frozen=True, slots=True)
class Binding:
    """A handler of the messages of one type.

    Attributes:
        topic: The topic of the messages.
        group: The consumer group.
        name: The CloudEvents type.
        model: The class of the messages.
        handle: The handler.
    """

    topic: str
    group: Group
    name: str
    model: type[Message]
    handle: Handle


def bindings(
    messages: Catalog, group: Group, models: Iterable[type[Message]], handle: Handle
) -> list[Binding]:
    """Return the bindings of messages of these classes to one handler."""
    kinds = [messages.of(model) for model in dict.fromkeys(models)]
    return [Binding(kind.topic, group, kind.name, kind.model, handle) for kind in kinds]


def reply_bindings(
    messages: Catalog, group: Group, answers: Iterable[type[Message]], handle: Handle
) -> list[Binding]:
    """Return the bindings of replies to a handler, on the topics of the expected `answers`."""
    topics = dict.fromkeys(messages.of(answer).topic for answer in answers)
    return [
        Binding(topic, group, name, model, handle)
        for topic in topics
        for model, name in COMMAND_REPLIES.items()
    ]


def consumers(wanted: Iterable[Binding], messages: Catalog, parts: Parts) -> tuple[Consumer, ...]:
    """Return a consumer for every topic and group."""

    def key(binding: Binding) -> tuple[str, str]:
        return binding.topic, binding.group.name

    return tuple(
        _consumer(list(mine), messages, parts)
        for _, mine in groupby(sorted(wanted, key=key), key=key)
    )


def _consumer(wanted: list[Binding], messages: Catalog, parts: Parts) -> Consumer:
    reactions: dict[str, Reaction] = {}
    for binding in wanted:
        before = reactions.get(binding.name, Reaction(binding.model, ()))
        reactions[binding.name] = Reaction(binding.model, (*before.handles, binding.handle))
    topic, group = wanted[0].topic, wanted[0].group
    checkpoints = Checkpoints(
        parts.store,
        topic=topic,
        group=group.name,
        partitions=messages.partitions,
        start=group.start,
    )
    # No other unit consumes our commands: an unknown one would be lost.
    strict = any(issubclass(binding.model, Command) for binding in wanted)
    decoder = Decoder(reactions, strict=strict)
    return Consumer(topic, group.name, decoder, checkpoints, parts, by_subject=group.by_subject)
