"""The group `load` of `make bench`: the load test of the embedded shop, beside its simulation.

`make up`, then the load test at some rates, as a user runs it. Its own line says what the capacity
model predicts; the simulation also predicts latencies, which are lower bounds.
"""

from __future__ import annotations

import json
import os
import re
import subprocess
import tempfile
from dataclasses import dataclass, replace
from pathlib import Path

from bench.capacity.calibration import shop
from bench.capacity.rows import GOAL, Comparison, simulated
from bench.capacity.simulation import Result, quantile
from bench.report import Row
from tests.fleet.deployment import copy_shop

RATES = (0.1, 0.25, 0.5)
"""Multiples of the peak."""

_SECONDS = float(os.environ.get("BENCH_SECONDS", "60"))
_SHARES = (0.5, 0.95, 0.99)
_PROCESSOR = re.compile(r"processor time: \d+ ms/s predicted, (\d+) measured")


@dataclass(frozen=True, slots=True)
class Measured:
    """What a load test printed.

    Attributes:
        met: Whether all objectives were met.
        requests: Requests in a second.
        errors: Requests that failed.
        processor: Milliseconds of processor time in a second.
        latencies: Milliseconds of the p50, p95 and p99 of all requests.
    """

    met: bool
    requests: float
    errors: int
    processor: float
    latencies: tuple[float, ...]


def rows() -> list[Row]:
    """Measure and simulate at each rate; take about five minutes."""
    with tempfile.TemporaryDirectory(prefix="bench-") as folder:
        root = Path(folder, "shop")
        copy_shop(root)
        _make(root, "up", ".venv/.load")
        try:
            measured = {rate: measure(root, rate) for rate in RATES}
        finally:
            _make(root, "down")
    return [row for rate, found in measured.items() for row in _rows(rate, found)]


def measure(root: Path, rate: float) -> Measured:
    """Run the load test of the project at `root` at a multiple of its peak."""
    stats = root / ".local" / "load"  # Locust adds .json
    done = subprocess.run(
        [
            *(root / ".venv/bin/locust", "--locustfile", "tests/load/locustfile.py"),
            *("--headless", "--only-summary", "--loglevel", "WARNING", "--json-file", stats),
            *("--rate", str(rate), "--seconds", str(_SECONDS)),
        ],
        cwd=root,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        check=False,
    )
    print(done.stdout, flush=True)
    processor = _PROCESSOR.search(done.stdout)
    if processor is None:
        raise RuntimeError(f"the load test has not measured anything: exit code {done.returncode}")
    entries = json.loads(stats.with_suffix(".json").read_text())
    times = sorted(
        float(time)
        for entry in entries
        for time, count in entry["response_times"].items()
        for _ in range(count)
    )
    return Measured(
        met=done.returncode == 0,
        requests=len(times) / _SECONDS,
        errors=sum(entry["num_failures"] for entry in entries),
        processor=float(processor.group(1)),
        latencies=tuple(quantile(times, share) for share in _SHARES),
    )


def simulate(rate: float) -> Result:
    """Simulate the embedded shop at a multiple of its peak: all units in one process."""
    spec = shop()
    assert spec.slo is not None
    peaks = tuple(replace(peak, rate=peak.rate * rate) for peak in spec.slo.peaks)
    return simulated(spec, peaks, together=True, seconds=_SECONDS)


def _rows(rate: float, found: Measured) -> list[Row]:
    simulated = simulate(rate)
    cost = Comparison("processor", 1000 * simulated.cpu, found.processor, "ms/s")
    at = f"load test at {rate:g} of the peak"
    return [
        Row(f"{at}: requests", found.requests, "/s", None, None, ""),
        Row(f"{at}: errors", found.errors, "", 0, None, ""),
        Row(f"{at}: objectives met", 100 * found.met, "%", None, None, "", least=100),
        Row(f"{at}: {cost.what}", found.processor, "ms/s", None, None, ""),
        Row(
            f"{at}: simulated {cost.predicted:.0f} ms/s, error",
            abs(cost.error),
            "%",
            GOAL,
            None,
            "",
        ),
        *(
            Row(
                f"{at}: p{100 * share:.0f}, simulated "
                f"{1000 * quantile(simulated.answered, share):.0f} ms",
                latency,
                "ms",
                None,
                None,
                "",
            )
            for share, latency in zip(_SHARES, found.latencies, strict=True)
        ),
    ]


def _make(root: Path, *targets: str) -> None:
    inherited = {k: v for k, v in os.environ.items() if k not in ("VIRTUAL_ENV", "PYTHONPATH")}
    command = ["make", "--silent", "-C", str(root), *targets]
    environment = {**inherited, "GATEWAY_PORT": "0"}
    subprocess.run(command, check=True, env=environment, stdout=subprocess.DEVNULL)
