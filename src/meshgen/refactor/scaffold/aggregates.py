"""What a new aggregate is made of: enough to be valid, and to do something real."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from meshgen.naming import snake
from meshgen.refactor.inflection import command_of, participle_of
from meshgen.refactor.scaffold.context import (
    Trigger,
    common_fields,
    common_id,
    common_owner,
    role_for,
)
from meshgen.refactor.yaml.emit import Block, Value
from meshgen.spec.model import Spec

Fields = Mapping[str, Value]
NAME: Fields = {"name": {"type": "string", "min_length": "1", "max_length": "120"}}


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """What the user asks for. The n-th trigger leads to the n-th event, all others to the last."""

    name: str
    events: tuple[str, ...] = ()
    fields: Fields
    triggers: tuple[Trigger, ...] = ()
    roles: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Proposed:
    """An aggregate, and the policies that send its commands."""

    aggregate: Block
    policies: list[Value]


@dataclass(frozen=True, slots=True)
class _Event:
    """An event to be; `input` are the fields that its command brings, `moment` when it happened."""

    name: str
    input: Fields
    moment: str
    triggers: tuple[Trigger, ...]

    @property
    def fields(self) -> dict[str, Value]:
        return {
            **{name: bare(field) for name, field in self.input.items()},
            self.moment: "datetime",
        }


def propose(spec: Spec, unit: str, wanted: Wanted) -> Proposed:
    """The aggregate `wanted` for the service `unit`.

    Its first event creates it, every later one happens to it once. It is known by the id of what
    it follows, if that is one thing; then one belongs to the other.
    """
    identity = common_id(wanted.triggers) or f"{snake(wanted.name)}_id"
    events = _events(wanted, identity)
    owner = common_owner(wanted.triggers)
    if owner != identity and events[0].fields.get(owner or "") != "uuid":
        owner = None
    roles = wanted.roles or (role_for(spec, owned=owner is not None),)
    aggregate = Block(id=identity)
    if owner:
        aggregate["owner"] = owner
    aggregate["state"] = _state(events)
    aggregate["events"] = Block({event.name: event.fields for event in events})
    aggregate["commands"] = Block(
        {
            command_of(event.name): _command(wanted, event, roles, first=event is events[0])
            for event in events
        }
    )
    policies: list[Value] = [
        policy(trigger, unit, command_of(event.name), identity)
        for event in events
        for trigger in event.triggers
    ]
    return Proposed(aggregate=aggregate, policies=policies)


def policy(trigger: Trigger, unit: str, command: str, identity: str) -> dict[str, Value]:
    """`{on: event, do: command}`, with the id of one thing as that of the other if need be."""
    found: dict[str, Value] = {"on": trigger.seen_from(unit), "do": command}
    theirs = trigger.aggregate.id
    if identity != theirs and identity not in trigger.fields:
        found["with"] = {identity: theirs}
    return found


def bare(field: Value) -> Value:
    """The type of a field, without what limits its values."""
    return field["type"] if isinstance(field, dict) and "type" in field else field


def _events(wanted: Wanted, identity: str) -> list[_Event]:
    names = wanted.events or (f"{wanted.name}Created",)
    found: list[_Event] = []
    known: dict[str, Value] = {}
    for index, name in enumerate(names):
        last = index == len(names) - 1
        triggers = wanted.triggers[index:] if last else wanted.triggers[index : index + 1]
        moment = f"{participle_of(name)}_at"
        fields: dict[str, Value] = {**common_fields(triggers)}
        if not index:
            fields |= wanted.fields
        if not fields and not triggers and not index:
            fields |= NAME
        own = {
            n: field
            for n, field in fields.items()
            if n not in (identity, moment) and known.get(n, bare(field)) == bare(field)
        }
        found.append(_Event(name, own, moment, triggers))
        known |= found[-1].fields
    return found


def _state(events: list[_Event]) -> dict[str, Value]:
    """All that the events tell; what only later ones tell is not there at first."""
    state = dict(events[0].fields)
    for event in events[1:]:
        for name, field in event.fields.items():
            state.setdefault(name, optional(field))
    return state


def optional(field: Value) -> Value:
    """A type that may be missing; lists and maps may be empty as they are."""
    if not isinstance(field, str) or field.endswith("?") or field.startswith(("list[", "map[")):
        return field
    return f"{field}?"


def short(command: Block) -> Value:
    """A command that may stand in braces, if it is small."""
    return dict(command) if len(command) <= len(("roles", "emits")) else command


def _command(wanted: Wanted, event: _Event, roles: tuple[str, ...], *, first: bool) -> Value:
    command = Block()
    if not event.triggers:
        command["roles"] = list(roles)
    if event.input:
        command["input"] = dict(event.input)
    if not first:
        rule = f"{snake(wanted.name)}_is_not_{participle_of(event.name)}"
        command["requires"] = {rule: f"{event.moment} is None"}
    command["creates" if first else "emits"] = {event.name: {event.moment: "now()"}}
    return short(command)
