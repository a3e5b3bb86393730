"""Traffic: how often each unit does what, at the peak."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass

from meshgen.capacity.operations import Operation, Operations
from meshgen.spec.model import Peak, Spec


@dataclass(frozen=True, slots=True, kw_only=True)
class Load:
    """What a unit does in a second: requests of each kind, and messages that it handles."""

    commands: float = 0.0
    queries: float = 0.0
    endpoints: float = 0.0
    messages: float = 0.0

    @property
    def requests(self) -> float:
        """Requests over HTTP."""
        return self.commands + self.queries + self.endpoints

    @property
    def commits(self) -> float:
        """Commits of its store."""
        return self.commands + self.messages


@dataclass(frozen=True, slots=True, kw_only=True)
class Traffic:
    """All that happens in a second.

    Attributes:
        gateway: Requests at the gateway.
        units: The load of each unit, in the order of the spec.
        topics: Messages published to each topic, such as `order.events`.
    """

    gateway: float
    units: Mapping[str, Load]
    topics: Mapping[str, float]

    @property
    def published(self) -> float:
        """Messages that are published."""
        return sum(self.topics.values())

    @property
    def handled(self) -> float:
        """Messages that are handled."""
        return sum(load.messages for load in self.units.values())


def traffic(spec: Spec, peaks: tuple[Peak, ...], items: int) -> Traffic:
    """Return what `peaks` lead to.

    Args:
        spec: The spec.
        peaks: What happens, and how often.
        items: The number of items of a list that an `each` goes through.
    """
    operations = Operations(spec, items)
    counted: defaultdict[tuple[str, str], float] = defaultdict(float)
    topics: defaultdict[str, float] = defaultdict(float)

    def count(operation: Operation, rate: float) -> None:
        rate *= operation.times
        counted[operation.unit, operation.kind] += rate
        for topic, messages in operation.topics:
            topics[topic] += rate * messages
        for following in operation.then:
            count(following, rate)

    for peak in peaks:
        for request in peak.requests:
            count(operations.of(request), peak.rate)
    units = (*spec.services, *spec.views, *spec.bffs)
    return Traffic(
        gateway=sum(peak.rate * len(peak.requests) for peak in peaks),
        units={
            unit.name: Load(
                commands=counted[unit.name, "command"],
                queries=counted[unit.name, "query"],
                endpoints=counted[unit.name, "endpoint"],
                messages=counted[unit.name, "message"],
            )
            for unit in units
        },
        topics=dict(sorted(topics.items())),
    )
