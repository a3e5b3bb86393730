"""The capacity that is derived from the service level objectives, as it is printed."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class SizeView:
    """The bounds of autoscaling, and what a copy requests."""

    replicas_min: int
    replicas_max: int
    cpu: str
    """In Kubernetes' notation: `250m`."""
    memory: str
    memory_limit: str
    utilization: int
    """Percent of the requested processor at which copies are added."""


@dataclass(frozen=True, slots=True, kw_only=True)
class TableView:
    """A table of a page."""

    title: str
    text: str
    """A paragraph before it; may be empty."""
    header: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class CapacityView:
    """The page about capacity."""

    tables: tuple[TableView, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class BurnView:
    """An alert on the error budget of a unit."""

    unit: str
    alert: str
    """Its name: `OrderErrorBudget1h`."""
    severity: str
    long: str
    """The recording rule of the long window: `service:request_errors:ratio_rate1h`."""
    short: str
    threshold: str
    """The share of errors that fires it."""
    summary: str


@dataclass(frozen=True, slots=True, kw_only=True)
class RulesView:
    """Rules of Prometheus on error budgets."""

    windows: tuple[str, ...]
    alerts: tuple[BurnView, ...]
