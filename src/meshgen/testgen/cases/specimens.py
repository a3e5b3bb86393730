"""Examples of every event, for the tests of what reacts to events."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from itertools import count
from uuid import UUID

from meshgen.spec.expressions.values import Record, Value
from meshgen.spec.model import Ref
from meshgen.system.index import Index
from meshgen.testgen.examples import ExampleId, Found, examples
from meshgen.testgen.examples.model import EventValue

FoundByAggregate = Mapping[tuple[str, str], Found]
"""The examples of every aggregate, by service and aggregate."""


def find_all(index: Index) -> FoundByAggregate:
    """Search every aggregate of the spec."""
    return {
        (service.name, aggregate.name): examples(index.spec, service, aggregate)
        for service in index.spec.services
        for aggregate in service.aggregates
    }


class Specimens:
    """One example of each event that some example brings about."""

    def __init__(self, index: Index, found: FoundByAggregate) -> None:
        self._ids = {id: known for each in found.values() for id, known in each.ids.items()}
        self._events: dict[tuple[str, str], EventValue] = {}
        for (service, _), each in found.items():
            for example in each.examples:
                for event in (*example.then, *example.given):
                    if (service, event.name) not in self._events:
                        self._events[service, event.name] = self._with_own_ids(event)

    @property
    def ids(self) -> Mapping[UUID, ExampleId]:
        """What each of the ids in the events stands for."""
        return self._ids

    def event(self, ref: Ref) -> EventValue | None:
        """An example of the event, or None if none was found."""
        return self._events.get((ref.unit, ref.name))

    def _with_own_ids(self, event: EventValue) -> EventValue:
        """The event with ids of its fields' own kinds where a decision has made new ones.

        Decisions number their new ids, so the first ones of two decisions would be the same.
        """
        made: dict[UUID, UUID] = {}

        def own(field: str, id: UUID) -> UUID:
            if id in self._ids:
                return id
            if id not in made:
                example = next(
                    each for each in _examples_of(field) if each.value not in made.values()
                )
                self._ids[example.value] = example
                made[id] = example.value
            return made[id]

        fields = tuple((name, _mapped(name, value, own)) for name, value in event.fields)
        return EventValue(event.name, fields)


def _examples_of(field: str) -> Iterator[ExampleId]:
    return (ExampleId(field, number) for number in count(1))


def _mapped(field: str, value: Value, change: Callable[[str, UUID], UUID]) -> Value:
    """`value` with every id in it changed; `field` is what holds it."""
    match value:
        case UUID():
            return change(field, value)
        case Record(type=kind, fields=fields):
            return Record(kind, tuple((name, _mapped(name, v, change)) for name, v in fields))
        case list():
            return [_mapped(field, item, change) for item in value]
        case dict():
            return {
                _mapped(f"{field}_key", key, change): _mapped(field, item, change)
                for key, item in value.items()
            }
        case _:
            return value
