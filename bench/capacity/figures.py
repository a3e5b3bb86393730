"""What the load test measured on this machine, for the calibration and the comparison.

Each run is one of `make load` on the embedded shop, with some of its arrivals. `FIGURES` and `BUSY`
are what the model is calibrated with; the other runs are only compared with its predictions.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

ORDER = "a paid order is shipped"
WEB = "web GET /home"
MOBILE = "mobile GET /home"


@dataclass(frozen=True, slots=True, kw_only=True)
class Run:
    """Milliseconds of processor time in a second, by where they were spent.

    Attributes:
        scale: The multiple of the peak of each kind of arrival; None if all have it.
        together: Whether one process had all units; else each had one of its own.
    """

    scale: Mapping[str | None, float]
    together: bool
    units: float
    gateway: float
    hub: float

    @property
    def total(self) -> float:
        """All of it."""
        return self.units + self.gateway + self.hub


@dataclass(frozen=True, slots=True, kw_only=True)
class Pair:
    """The same arrivals at two rates."""

    slow: Run
    fast: Run


@dataclass(frozen=True, slots=True, kw_only=True)
class Figures:
    """What the costs are calibrated with.

    Attributes:
        command: Milliseconds of a command in its service.
        query: Of a query in its unit.
        endpoint: Of an endpoint in its unit.
        batched: Of a message that is not the first one of its batch. No benchmark gives it: it was
            chosen so that the simulation explains `BUSY`.
        together: Orders, with all units in one process.
        alone: Orders, with a process for each unit.
    """

    command: float
    query: float
    endpoint: float
    batched: float
    together: Pair
    alone: Pair


FIGURES = Figures(
    command=0.833,
    query=0.59,
    endpoint=1.22,
    batched=0.6,
    together=Pair(
        slow=Run(scale={ORDER: 0.25}, together=True, units=266, gateway=25, hub=51),
        fast=Run(scale={ORDER: 1.0}, together=True, units=829, gateway=80, hub=123),
    ),
    alone=Pair(
        slow=Run(scale={ORDER: 0.25}, together=False, units=333, gateway=27, hub=46),
        fast=Run(scale={ORDER: 1.0}, together=False, units=839, gateway=66, hub=126),
    ),
)
BUSY = Run(scale={ORDER: 2.0}, together=False, units=1282, gateway=115, hub=187)
COMPARED = (
    Run(scale={WEB: 0.5}, together=True, units=161, gateway=39, hub=5),
    Run(scale={WEB: 1.0}, together=True, units=256, gateway=60, hub=3),
    Run(scale={MOBILE: 1.0}, together=True, units=153, gateway=45, hub=3),
    Run(scale={None: 0.1}, together=True, units=197, gateway=22, hub=43),
    Run(scale={None: 0.25}, together=True, units=360, gateway=47, hub=46),
    Run(scale={None: 0.5}, together=True, units=581, gateway=78, hub=66),
)

CORES = 2
LOCUST = 3.0
"""Milliseconds of the load test's own process for an arrival, on the same cores: an estimate."""
