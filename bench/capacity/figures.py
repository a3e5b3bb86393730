"""What the benchmarks measured on this machine, for the calibration and the comparison.

Taken from the table "The running shop under load" of `bench/README.md`, and from
`python -m bench reads`. The model is calibrated with the costs of an order at two rates, and of a
command and reads; all other figures are only compared with its predictions.
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Order:
    """Milliseconds of processor time of an order at a rate: in all processes, and in two."""

    rate: float
    total: float
    hub: float
    gateway: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Together:
    """Milliseconds a second of one process with all units, by multiples of the peak."""

    units: int
    slow: tuple[float, float]
    fast: tuple[float, float]


@dataclass(frozen=True, slots=True, kw_only=True)
class Figures:
    """What the costs are calibrated with; milliseconds, and the number of units that ran.

    Each had a process of its own, except in `together`.
    """

    units: int
    slow: Order
    fast: Order
    together: Together
    command: float
    query: float
    endpoint: float


FIGURES = Figures(
    units=13,
    slow=Order(rate=10.0, total=45.5, hub=6.6, gateway=1.95),
    fast=Order(rate=74.3, total=24.2, hub=3.75, gateway=1.29),
    together=Together(units=14, slow=(0.1, 183.0), fast=(0.5, 493.0)),
    command=0.833,
    query=0.59,
    endpoint=1.22,
)
DRIVER = 2.95
"""Milliseconds of the load driver for an order, on the same two cores."""

CORES = 2
HELD = 74.3
"""Orders a second that two cores held for 60 s."""

TWO_COPIES = 70.0
"""Milliseconds of an order at 10/s with two processes of each unit."""

AT_50 = 32.0
"""Milliseconds of an order at 50/s."""

LOCUST = 3.0
"""Milliseconds of the load test's own process for an arrival."""
