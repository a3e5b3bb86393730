"""Service level objectives, and whether measured requests meet them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Objectives:
    """What is promised. `availability` in percent, latencies in milliseconds; None: nothing."""

    availability: float
    p95: int | None = None
    p99: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Measured:
    """The requests of one name: how many, how many failed, and percentiles in milliseconds."""

    name: str
    requests: int
    errors: int
    p95: float
    p99: float


def missed(measured: Measured, objectives: Objectives) -> Iterator[str]:
    """Yield the objectives that `measured` misses, in words.

    A percentile counts only if some requests may be slower: `p95` of 20 requests or more, `p99`
    of 100 or more. Otherwise the slowest request alone would decide.
    """
    failed = 100 * measured.errors / measured.requests
    allowed = 100 - objectives.availability
    if failed > allowed:
        yield f"{measured.name}: {failed:.3g} % failed, {allowed:.3g} % may fail"
    for name, value, limit, least in (
        ("p95", measured.p95, objectives.p95, 20),
        ("p99", measured.p99, objectives.p99, 100),
    ):
        if limit is not None and value > limit and measured.requests >= least:
            yield f"{measured.name}: {name} is {value:.0f} ms, {limit} ms are promised"


def objectives_of(path: str, objectives: Mapping[str, Objectives]) -> Objectives:
    """Return the objectives with the longest path that `path` is, or is below."""
    return objectives[max((key for key in objectives if _is_below(path, key)), key=len)]


def _is_below(path: str, key: str) -> bool:
    return path == key or path.startswith(key.rstrip("/") + "/")
