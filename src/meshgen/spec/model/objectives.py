"""Service level objectives, and what is assumed or fixed for the capacity derived from them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from meshgen.spec.diagnostics import NOWHERE, Position
from meshgen.spec.model.values import Ref


@dataclass(frozen=True, slots=True, kw_only=True)
class Objectives:
    """What is promised for requests. Percentiles in milliseconds; None: nothing is said.

    `availability` is the percentage of requests that are not answered with a server error.
    """

    availability: float | None = None
    p95: int | None = None
    p99: int | None = None

    def narrowed(self, by: Objectives) -> Objectives:
        """Return these objectives, replaced by those of `by` where it says something."""
        return Objectives(
            availability=by.availability if by.availability is not None else self.availability,
            p95=by.p95 if by.p95 is not None else self.p95,
            p99=by.p99 if by.p99 is not None else self.p99,
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Peak:
    """Something that happens `rate` times a second at the busiest time.

    `requests` are those of one time: commands, queries, aggregates, and endpoints by `GET /path`.
    Of a scenario, they are those of `role`, or all if it is None.
    """

    name: str
    rate: float
    requests: tuple[Ref, ...]
    role: str | None = None
    at: Position = field(default=NOWHERE, compare=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class Slo:
    """The service level objectives of the system, and its load."""

    users: int | None
    objectives: Objectives
    peaks: tuple[Peak, ...]
    at: Position = field(default=NOWHERE, compare=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class Fixed:
    """What the spec fixes for a process, else None. `cpu` in millicores, `memory` in MiB."""

    replicas_min: int | None = None
    replicas_max: int | None = None
    cpu: int | None = None
    memory: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Capacity:
    """Assumptions of the capacity model, and what is fixed by process."""

    utilization: float = 0.6
    peak_to_average: int = 3
    items: int = 3
    processes: Mapping[str, Fixed] = field(default_factory=dict)
