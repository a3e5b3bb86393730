"""The parts of a new aggregate: enough to be valid and to work."""

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
class AggregateRequest:
    """The requested aggregate. The n-th trigger leads to the n-th event, others to the last."""

    name: str
    events: tuple[str, ...] = ()
    fields: Fields
    triggers: tuple[Trigger, ...] = ()
    roles: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Proposal:
    """An aggregate, and the policies that send its commands."""

    aggregate: Block
    policies: list[Value]


@dataclass(frozen=True, slots=True)
class _Event:
    """A new event.

    Attributes:
        name: Its name.
        input: The fields that its command provides.
        moment: The field with the time at which it happened.
        triggers: The events that cause it.
    """

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


def propose(spec: Spec, unit: str, request: AggregateRequest) -> Proposal:
    """Return the requested aggregate for the service `unit`.

    Its first event creates it, each later one happens to it once. It takes over the id of its
    triggers if they have one in common: then there is one aggregate for each of theirs.
    """
    identity = common_id(request.triggers) or f"{snake(request.name)}_id"
    events = _events(request, identity)
    owner = common_owner(request.triggers)
    if owner != identity and events[0].fields.get(owner or "") != "uuid":
        owner = None
    roles = request.roles or (role_for(spec, owned=owner is not None),)
    aggregate = Block(id=identity)
    if owner:
        aggregate["owner"] = owner
    aggregate["state"] = _state(events)
    aggregate["events"] = Block({event.name: event.fields for event in events})
    aggregate["commands"] = Block(
        {
            command_of(event.name): _command(request, event, roles, first=event is events[0])
            for event in events
        }
    )
    policies: list[Value] = [
        policy(trigger, unit, command_of(event.name), identity)
        for event in events
        for trigger in event.triggers
    ]
    return Proposal(aggregate=aggregate, policies=policies)


def policy(trigger: Trigger, unit: str, command: str, identity: str) -> dict[str, Value]:
    """Return `{on: event, do: command}`, mapping the id of the trigger if its name differs."""
    found: dict[str, Value] = {"on": trigger.name_in(unit), "do": command}
    theirs = trigger.aggregate.id
    if identity != theirs and identity not in trigger.fields:
        found["with"] = {identity: theirs}
    return found


def bare(field: Value) -> Value:
    """Return the type of a field without its constraints."""
    return field["type"] if isinstance(field, dict) and "type" in field else field


def _events(request: AggregateRequest, identity: str) -> list[_Event]:
    names = request.events or (f"{request.name}Created",)
    found: list[_Event] = []
    known: dict[str, Value] = {}
    for index, name in enumerate(names):
        last = index == len(names) - 1
        triggers = request.triggers[index:] if last else request.triggers[index : index + 1]
        moment = f"{participle_of(name)}_at"
        fields: dict[str, Value] = {**common_fields(triggers)}
        if not index:
            fields |= request.fields
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
    """Return the fields of all events; those that only later events fill are optional."""
    state = dict(events[0].fields)
    for event in events[1:]:
        for name, field in event.fields.items():
            state.setdefault(name, optional(field))
    return state


def optional(field: Value) -> Value:
    """Make a type optional; lists and maps start empty instead."""
    if not isinstance(field, str) or field.endswith("?") or field.startswith(("list[", "map[")):
        return field
    return f"{field}?"


def short(command: Block) -> Value:
    """Let a small command be written in braces."""
    return dict(command) if len(command) <= len(("roles", "emits")) else command


def _command(
    request: AggregateRequest, event: _Event, roles: tuple[str, ...], *, first: bool
) -> Value:
    command = Block()
    if not event.triggers:
        command["roles"] = list(roles)
    if event.input:
        command["input"] = dict(event.input)
    if not first:
        rule = f"{snake(request.name)}_is_not_{participle_of(event.name)}"
        command["requires"] = {rule: f"{event.moment} is None"}
    command["creates" if first else "emits"] = {event.name: {event.moment: "now()"}}
    return short(command)
