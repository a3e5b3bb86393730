"""Operations: what a request leads to, through policies, sagas and read models, as a tree."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Literal, TypeAlias

from meshgen.spec.model import Policy, Ref, Saga, Service, Spec

Kind: TypeAlias = Literal["command", "query", "endpoint", "message"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Operation:
    """What a unit does for a request or a message.

    Attributes:
        times: How many of them happen, beside each other.
        topics: The topics that each of them publishes to, and how many messages.
        then: What the messages lead to; for an endpoint: what it waits for.
    """

    unit: str
    kind: Kind
    times: int = 1
    topics: tuple[tuple[str, int], ...] = ()
    then: tuple[Operation, ...] = ()


@dataclass(frozen=True, slots=True)
class _Effect:
    """What is published, and what that leads to."""

    topics: tuple[tuple[str, int], ...] = ()
    then: tuple[Operation, ...] = ()

    def __add__(self, other: _Effect) -> _Effect:
        return _Effect(self.topics + other.topics, self.then + other.then)

    def __mul__(self, times: int) -> _Effect:
        return _Effect(
            tuple((topic, count * times) for topic, count in self.topics),
            tuple(replace(each, times=each.times * times) for each in self.then),
        )


class Operations:
    """The operations of a spec.

    Of several events of a command the first one happens, and sagas succeed. A command that leads to
    itself (by a policy with `after`) is followed once.
    """

    def __init__(self, spec: Spec, items: int) -> None:
        """Index `spec`; lists that an `each` goes through have `items` items."""
        self._spec = spec
        self._items = items
        self._endpoints = {
            Ref(unit=bff.name, name=endpoint.route): endpoint
            for bff in spec.bffs
            for endpoint in bff.endpoints
        }
        self._events = {
            Ref(unit=service.name, name=command.name): Ref(
                unit=service.name, name=command.emits[0].event
            )
            for service in spec.services
            for aggregate in service.aggregates
            for command in aggregate.commands
        }
        self._copied = {
            (service.name, Ref(unit=replica.of.unit, name=event.name))
            for service in spec.services
            for replica in service.replicas
            for owner in spec.services
            if owner.name == replica.of.unit
            for aggregate in owner.aggregates
            if aggregate.name == replica.of.name
            for event in aggregate.events
        }

    def of(self, request: Ref) -> Operation:
        """Return the operation of a request at the gateway."""
        if endpoint := self._endpoints.get(request):
            parts = (Operation(unit=part.target.unit, kind="query") for part in endpoint.parts)
            sent = (self._sending(endpoint.sends.command),) if endpoint.sends else ()
            return Operation(unit=request.unit, kind="endpoint", then=(*parts, *sent))
        if request in self._events:
            return self._sending(request)
        return Operation(unit=request.unit, kind="query")

    def _sending(self, command: Ref) -> Operation:
        effect = self._command(command, frozenset())
        return Operation(unit=command.unit, kind="command", topics=effect.topics, then=effect.then)

    def _command(self, command: Ref, path: frozenset[Ref]) -> _Effect:
        if command in path:
            return _Effect()
        event, path = self._events[command], path | {command}
        then = [Operation(unit=unit, kind="message") for unit in self._copies(event)]
        for service in self._spec.services:
            for policy in service.policies:
                if policy.on == event:
                    then.append(_message(service.name, self._policy(service, policy, path)))
            for saga in service.sagas:
                if saga.starts_on == event:
                    then.append(_message(service.name, self._step(service, saga, 0, path)))
        return _Effect(((f"{event.unit}.events", 1),), tuple(then))

    def _copies(self, event: Ref) -> Iterator[str]:
        """Yield the units with copies of data that the event changes."""
        yield from sorted(unit for unit, copied in self._copied if copied == event)
        for projection in self._spec.projections:
            if any(reaction.event == event for reaction in projection.reactions):
                yield projection.name
        for stream in self._spec.streams:
            if event in stream.events:
                yield stream.name

    def _policy(self, service: Service, policy: Policy, path: frozenset[Ref]) -> _Effect:
        times = self._items if policy.each else 1
        return self._sent(service, policy.do, times, path, _Effect())

    def _step(self, service: Service, saga: Saga, index: int, path: frozenset[Ref]) -> _Effect:
        """A step of a saga: its answers are messages, the last of which leads to the next one."""
        if index == len(saga.steps):
            return _Effect()
        step = saga.steps[index]
        times = self._items if step.each else 1
        following = self._step(service, saga, index + 1, path)
        if not step.done and not step.failed:
            return self._sent(service, step.do.command, times, path, _Effect()) + following
        answered = Operation(unit=service.name, kind="message")
        last = _message(service.name, following)
        first = self._sent(service, step.do.command, 1, path, _Effect((), (last,)))
        if times == 1:
            return first
        return first + self._sent(
            service, step.do.command, times - 1, path, _Effect((), (answered,))
        )

    def _sent(
        self, service: Service, command: Ref, times: int, path: frozenset[Ref], answer: _Effect
    ) -> _Effect:
        """A command of its own service is a part of what sends it; others travel over the hub."""
        effect = self._command(command, path) + answer
        if command.unit == service.name:
            return effect * times
        received = _message(command.unit, effect, times)
        return _Effect(((f"{command.unit}.commands", times),), (received,))


def _message(unit: str, effect: _Effect, times: int = 1) -> Operation:
    return Operation(unit=unit, kind="message", times=times, topics=effect.topics, then=effect.then)
