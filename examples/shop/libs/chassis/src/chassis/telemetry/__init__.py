"""Telemetry of a unit: its metrics for Prometheus, and its spans for OpenTelemetry."""

from __future__ import annotations

from dataclasses import dataclass

from chassis.telemetry.metrics import Metrics
from chassis.telemetry.tracer import NO_SPANS, Tracer

__all__ = ["Metrics", "Telemetry", "Tracer"]


@dataclass(frozen=True, slots=True)
class Telemetry:
    """What the parts of one unit record their work with.

    Attributes:
        metrics: The instruments.
        tracer: Makes the spans.
    """

    metrics: Metrics
    tracer: Tracer = NO_SPANS

    @classmethod
    def of(cls, unit: str) -> Telemetry:
        """Return the telemetry of a unit without spans."""
        return cls(Metrics(unit))

    def via(self, system: str) -> Telemetry:
        """Return this telemetry for messages that go through the messaging system `system`."""
        return Telemetry(self.metrics, self.tracer.via(system))
