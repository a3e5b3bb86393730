"""The messages of a system, with their types and topics."""

from __future__ import annotations

from meshgen.spec.model import Ref
from meshgen.system.index import EventOf, Index
from meshgen.system.model import Message


def messages(index: Index) -> tuple[Message, ...]:
    """Return every event and command, grouped by topic."""
    found = [_event(index, of) for of in index.events.values()]
    found += [
        _message(index, "commands", of.service.name, of.command.name, (of.aggregate.id,))
        for of in index.commands.values()
    ]
    return tuple(sorted(found, key=lambda message: message.topic))


def message_of(index: Index, ref: Ref) -> Message:
    """Return the event with a reference."""
    return _event(index, index.event(ref))


def _event(index: Index, of: EventOf) -> Message:
    return _message(index, "events", of.unit, of.event.name, of.subject)


def _message(index: Index, kind: str, unit: str, name: str, subject: tuple[str, ...]) -> Message:
    ids, section = index.identities, index.spec.section(unit)
    topic = f"{ids.id('system', index.spec.name)}.{ids.id(section, unit)}"
    return Message(
        name=name,
        module=unit,
        type=f"{topic}.{ids.id(section, unit, kind, name)}.v1",
        topic=f"{topic}.{kind}",
        subject=subject[0] if len(subject) == 1 else subject,
    )
