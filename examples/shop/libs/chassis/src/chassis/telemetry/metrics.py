"""The metrics of one unit, in a registry of its own.

Names follow the conventions of Prometheus, and of OpenTelemetry where it names the same thing. All
labels have few values: ids are never labels.
"""

from __future__ import annotations

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram
from prometheus_client.registry import Collector

_FAST = (0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 1.0, 5.0)
_REQUESTS = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0)
_BATCHES = (1, 2, 4, 8, 16, 32, 64, 128, 256)
_METHODS = frozenset({"GET", "HEAD", "POST", "OPTIONS", "PUT", "PATCH", "DELETE"})

Exemplar = dict[str, str]
"""The trace that a value comes from, as labels."""


class Metrics:
    """The instruments of the unit `unit`; every sample has the label `service`."""

    def __init__(self, unit: str) -> None:
        self.registry = CollectorRegistry()
        self._unit = unit
        self._commands = self._counter(
            "chassis_commands", "Commands that were decided.", "type", "outcome"
        )
        self._published = self._counter(
            "chassis_messages_published", "Messages that the hub has stored.", "topic", "type"
        )
        self._handled = self._counter(
            "chassis_messages_handled",
            "Messages that were handled, that failed, or that became dead letters.",
            "group",
            "type",
            "outcome",
        )
        self._handling = self._histogram(
            "chassis_message_handling_seconds",
            "The time of the handlers of a message, without the commit.",
            _FAST,
            "group",
            "type",
        )
        self._batches = self._histogram(
            "chassis_batch_messages", "Messages that share a commit.", _BATCHES, "group"
        )
        self._requests = self._histogram(
            "http_server_request_duration_seconds",
            "The time of a request, without waiting for admission.",
            _REQUESTS,
            "http_request_method",
            "http_route",
            "http_response_status_code",
        )

    def command(self, type: str, outcome: str) -> None:
        """Count a command that was accepted, refused, replayed or failed."""
        self._commands.labels(self._unit, type, outcome).inc()

    def published(self, topic: str, type: str) -> None:
        """Count a message that the hub has stored."""
        self._published.labels(self._unit, topic, type).inc()

    def handled(self, group: str, type: str, outcome: str) -> None:
        """Count a message that was handled, has failed, or became a dead letter."""
        self._handled.labels(self._unit, group, type, outcome).inc()

    def handling(
        self, group: str, type: str, seconds: float, exemplar: Exemplar | None = None
    ) -> None:
        """Record the time of the handlers of a message."""
        self._handling.labels(self._unit, group, type).observe(seconds, exemplar)

    def batch(self, group: str, size: int) -> None:
        """Record the size of a batch."""
        self._batches.labels(self._unit, group).observe(size)

    def request(
        self,
        method: str,
        route: str,
        status: int,
        seconds: float,
        exemplar: Exemplar | None = None,
    ) -> None:
        """Record a request; `route` is the template of its path, not the path."""
        known = method if method in _METHODS else "_OTHER"
        labels = (self._unit, known, route, str(status))
        self._requests.labels(*labels).observe(seconds, exemplar)

    def gauge(self, name: str, about: str, *labels: str) -> Gauge:
        """Return a new gauge, whose first label is that of the service."""
        return Gauge(name, about, ("service", *labels), registry=self.registry)

    def collect(self, collector: Collector) -> None:
        """Include what `collector` collects whenever the metrics are read."""
        self.registry.register(collector)

    @property
    def unit(self) -> str:
        """The value of the label `service`."""
        return self._unit

    def _counter(self, name: str, about: str, *labels: str) -> Counter:
        return Counter(name, about, ("service", *labels), registry=self.registry)

    def _histogram(
        self, name: str, about: str, buckets: tuple[float, ...], *labels: str
    ) -> Histogram:
        return Histogram(name, about, ("service", *labels), buckets=buckets, registry=self.registry)
