"""The error budget, the rules that watch it, and the thresholds of a load test."""

from __future__ import annotations

from collections.abc import Iterator

from meshgen.capacity.model import Burn, Threshold
from meshgen.spec.model import Bff, Objectives, Projection, Service, Spec

AVAILABILITY = 99.9
"""Percent, if the spec says nothing."""

WINDOW_DAYS = 30

BURNS = (
    Burn(severity="page", factor=14.4, long="1h", short="5m", budget=0.02),
    Burn(severity="page", factor=6.0, long="6h", short="30m", budget=0.05),
    Burn(severity="ticket", factor=1.0, long="3d", short="6h", budget=0.10),
)
"""The windows of the Site Reliability Workbook, chapter 5, for a budget of 30 days."""


def budget_minutes(availability: float) -> float:
    """Return the minutes in 30 days in which everything may fail."""
    return (100 - availability) / 100 * WINDOW_DAYS * 24 * 60


def system_objectives(spec: Spec) -> Objectives:
    """Return the objectives of the whole system, with the default availability."""
    said = spec.slo.objectives if spec.slo else Objectives()
    return Objectives(availability=AVAILABILITY).narrowed(said)


def thresholds(spec: Spec) -> tuple[Threshold, ...]:
    """Return the objectives of each unit that callers ask, and of commands with their own."""
    return tuple(_thresholds(spec))


def _thresholds(spec: Spec) -> Iterator[Threshold]:
    whole = system_objectives(spec)
    units: tuple[Service | Projection | Bff, ...] = (
        *spec.services,
        *spec.projections,
        *spec.bffs,
    )
    for unit in units:
        own = whole.narrowed(unit.slo) if unit.slo else whole
        yield Threshold(unit=unit.name, command=None, objectives=own)
        if isinstance(unit, Service):
            for aggregate in unit.aggregates:
                for command in aggregate.commands:
                    if command.slo:
                        narrowed = own.narrowed(command.slo)
                        yield Threshold(unit=unit.name, command=command.name, objectives=narrowed)
    for stream in spec.streams:
        yield Threshold(unit=stream.name, command=None, objectives=whole)
