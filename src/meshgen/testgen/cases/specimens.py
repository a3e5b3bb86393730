"""Examples of every event, for the tests of what reacts to events."""

from __future__ import annotations

from collections.abc import Mapping

from meshgen.spec.model import Ref
from meshgen.system.index import Index
from meshgen.testgen.examples import Found, examples
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
        self._events: dict[tuple[str, str], EventValue] = {}
        for (service, _), each in found.items():
            for example in each.examples:
                for event in (*example.then, *example.given):
                    self._events.setdefault((service, event.name), event)

    def event(self, ref: Ref) -> EventValue | None:
        """An example of the event, or None if none was found."""
        return self._events.get((ref.unit, ref.name))
