"""What a unit is like at the moment: read when the metrics are read, and cached for a while."""

from __future__ import annotations

import time
from collections.abc import Awaitable, Callable, Iterator, Mapping
from dataclasses import dataclass, field

from prometheus_client.core import GaugeMetricFamily, Metric
from prometheus_client.exposition import choose_encoder
from prometheus_client.registry import Collector, CollectorRegistry

from chassis.errors import Unavailable
from chassis.telemetry.metrics import Metrics

_OPENMETRICS = "application/openmetrics-text"
_FRESH = 5.0  # seconds: several scrapers cost no more than one

GAUGES = {
    "outbox_messages": "Messages that wait to be published.",
    "outbox_age_seconds": "The age of the oldest message that waits to be published.",
    "dead_letters": "Messages that could not be handled or published.",
    "sagas": "Instances of sagas by status.",
    "leases_held": "Leases that this process holds.",
    "consumer_lag_messages": "Messages that were not handled yet, as far as this process knows.",
    "consumer_lag_seconds": "The age of the oldest message that was not handled yet.",
    "projection_lag_seconds": "How far the read model that is served is behind.",
    "stream_event_time_lag_seconds": "The age of the latest event of the slowest partition.",
    "stream_late_events": "Events that were late for a window, and do not count in it.",
}


@dataclass(frozen=True, slots=True)
class Sample:
    """A value of the gauge `chassis_<name>`, and its labels besides `service`."""

    name: str
    value: float
    labels: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Sources:
    """Where the values come from.

    Attributes:
        stored: Reads the store, so that its samples are cached.
        known: Returns what the process knows.
    """

    stored: Callable[[], Awaitable[tuple[Sample, ...]]]
    known: Callable[[], tuple[Sample, ...]]


class Exposition:
    """The metrics of a unit in the text formats of Prometheus."""

    def __init__(self, metrics: Metrics, sources: Sources | None = None) -> None:
        self._metrics = metrics
        self._sources = sources
        self._stored: tuple[Sample, ...] = ()
        self._until = float("-inf")

    async def text(self, accept: str) -> tuple[bytes, str]:
        """Return all metrics, and their content type. Only OpenMetrics has exemplars.

        Without the store, those that it is needed for are left out.

        Args:
            accept: The header of the request.
        """
        registry = CollectorRegistry()
        registry.register(self._metrics.registry)
        if self._sources is not None:
            samples = (*await self._read(self._sources), *self._sources.known())
            registry.register(_Samples(self._metrics.unit, samples))
        # Not the whole header, which is foreign input: the library fails on odd versions.
        encode, content_type = choose_encoder(_OPENMETRICS if _OPENMETRICS in accept else "")
        return encode(registry), content_type

    async def _read(self, sources: Sources) -> tuple[Sample, ...]:
        """Return the samples of the store, which are kept for a while."""
        if time.monotonic() >= self._until:
            self._until = time.monotonic() + _FRESH
            try:
                self._stored = await sources.stored()
            except Unavailable:
                self._stored = ()
        return self._stored


class _Samples(Collector):
    def __init__(self, unit: str, samples: tuple[Sample, ...]) -> None:
        self._unit = unit
        self._samples = samples

    def collect(self) -> Iterator[Metric]:
        for name, about in GAUGES.items():
            mine = [sample for sample in self._samples if sample.name == name]
            if not mine:
                continue
            labels = ("service", *mine[0].labels)
            family = GaugeMetricFamily(f"chassis_{name}", about, labels=labels)
            for sample in mine:
                family.add_metric((self._unit, *sample.labels.values()), sample.value)
            yield family
