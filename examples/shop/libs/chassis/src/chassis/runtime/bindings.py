"""Bindings of message types to handlers, and the consumers that they make up."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from itertools import groupby

from chassis.dead_letters import DeadLetterPublisher
from chassis.messages import COMMAND_REFUSED, Catalog, Command, CommandRefused, Message
from chassis.runtime.consumer import Consumer, Handle, Reaction, Retry


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
    group: str
    name: str
    model: type[Message]
    handle: Handle


def bindings(
    messages: Catalog, group: str, models: Iterable[type[Message]], handle: Handle
) -> list[Binding]:
    """Return the bindings of messages of these classes to one handler."""
    kinds = [messages.of(model) for model in dict.fromkeys(models)]
    return [Binding(kind.topic, group, kind.name, kind.model, handle) for kind in kinds]


def refusal_bindings(
    messages: Catalog, group: str, answers: Iterable[type[Message]], handle: Handle
) -> list[Binding]:
    """Return the bindings of refusals to a handler, on the topics of the expected `answers`."""
    topics = dict.fromkeys(messages.of(answer).topic for answer in answers)
    return [Binding(topic, group, COMMAND_REFUSED, CommandRefused, handle) for topic in topics]


def consumers(
    wanted: Iterable[Binding], dead_letters: DeadLetterPublisher, retry: Retry
) -> tuple[Consumer, ...]:
    """Return a consumer for every topic and group."""

    def key(binding: Binding) -> tuple[str, str]:
        return binding.topic, binding.group

    return tuple(
        _consumer(topic, group, list(mine), dead_letters, retry)
        for (topic, group), mine in groupby(sorted(wanted, key=key), key=key)
    )


def _consumer(
    topic: str, group: str, wanted: list[Binding], dead_letters: DeadLetterPublisher, retry: Retry
) -> Consumer:
    reactions: dict[str, Reaction] = {}
    for binding in wanted:
        before = reactions.get(binding.name, Reaction(binding.model, ()))
        reactions[binding.name] = Reaction(binding.model, (*before.handles, binding.handle))
    # No other unit consumes our commands: an unknown one would be lost.
    strict = any(issubclass(binding.model, Command) for binding in wanted)
    return Consumer(topic, group, reactions, dead_letters, retry, strict=strict)
