"""The load test of the project: what happens at the peak, as lines of a locustfile."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class ObjectivesView:
    """The objectives of requests at and below a path, as Python source; None: nothing is said."""

    path: str
    availability: str
    p95: int | None
    p99: int | None


@dataclass(frozen=True, slots=True, kw_only=True)
class CostView:
    """Milliseconds of processor time, as Python source."""

    units: str
    gateway: str
    hub: str


@dataclass(frozen=True, slots=True, kw_only=True)
class IdleView:
    """Milliseconds of processor time in a second, whatever the rate is, as Python source."""

    process: str
    unit: str
    gateway: str
    hub: str
    """For each unit."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ArrivalsView:
    """Something that happens at the peak: lines that prepare it, and lines that are measured."""

    name: str
    """Of the class."""
    words: str
    """What the spec calls it."""
    rate: str
    """Times a second, as Python source."""
    cost: CostView
    """Of one, and of all that follows from it."""
    prepared: tuple[str, ...]
    measured: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class LoadView:
    """The load test."""

    requirements: tuple[str, ...]
    objectives: tuple[ObjectivesView, ...]
    idle: IdleView
    arrivals: tuple[ArrivalsView, ...]
    missing: tuple[str, ...]
    """What happens at the peak, but needs values that no scenario has."""
