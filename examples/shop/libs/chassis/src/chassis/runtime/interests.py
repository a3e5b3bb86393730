"""Which consumers a unit needs: one for every topic and group that a part of it listens to."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from itertools import groupby

from chassis.dead_letters import DeadLetterOffice
from chassis.messages import COMMAND_REFUSED, Catalog, Command, CommandRefused, Message
from chassis.runtime.consumer import Consumer, Handle, Reaction, Retry


@dataclass(frozen=True, slots=True)
class Interest:
    """`handle` wants, as `group`, the messages of class `model` that `topic` holds as `name`."""

    topic: str
    group: str
    name: str
    model: type[Message]
    handle: Handle


def interests(
    messages: Catalog, group: str, models: Iterable[type[Message]], handle: Handle
) -> list[Interest]:
    """Return the interest of one handler in messages of these classes."""
    kinds = [messages.of(model) for model in dict.fromkeys(models)]
    return [Interest(kind.topic, group, kind.name, kind.model, handle) for kind in kinds]


def refusals(
    messages: Catalog, group: str, answers: Iterable[type[Message]], handle: Handle
) -> list[Interest]:
    """Return the interest in refused commands where their `answers` would be."""
    topics = dict.fromkeys(messages.of(answer).topic for answer in answers)
    return [Interest(topic, group, COMMAND_REFUSED, CommandRefused, handle) for topic in topics]


def consumers(
    wanted: Iterable[Interest], office: DeadLetterOffice, retry: Retry
) -> tuple[Consumer, ...]:
    """Return a consumer for every topic and group."""

    def place(interest: Interest) -> tuple[str, str]:
        return interest.topic, interest.group

    return tuple(
        _consumer(topic, group, list(mine), office, retry)
        for (topic, group), mine in groupby(sorted(wanted, key=place), key=place)
    )


def _consumer(
    topic: str, group: str, wanted: list[Interest], office: DeadLetterOffice, retry: Retry
) -> Consumer:
    reactions: dict[str, Reaction] = {}
    for interest in wanted:
        before = reactions.get(interest.name, Reaction(interest.model, ()))
        reactions[interest.name] = Reaction(interest.model, (*before.handles, interest.handle))
    # Nobody else listens to our commands: one that we do not know would be lost.
    must_know = any(issubclass(interest.model, Command) for interest in wanted)
    return Consumer(topic, group, reactions, office, retry, must_know=must_know)
