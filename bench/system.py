"""The running shop: how fast it starts, what memory it takes, how soon a read model follows."""

from __future__ import annotations

import json
import os
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from bench.report import Row

MESHGEN = str(Path(sys.executable).with_name("meshgen"))
STARTS = 5


def rows() -> list[Row]:
    """Generate the shop, start it several times, and measure it; take about a minute."""
    with tempfile.TemporaryDirectory() as folder:
        shop = Path(folder, "shop")
        new = [MESHGEN, "new", str(shop), "--spec", "specs/shop.yaml", "--quiet"]
        subprocess.run(new, check=True)
        _make(shop, "token")  # prepares the environment, so that `up` alone is timed
        starts = []
        for _ in range(STARTS):
            _make(shop, "down")
            starts.append(_make(shop, "up"))
        try:
            memory = _memory(shop)
            python = [str(shop / ".venv/bin/python"), "bench/latency.py", str(shop)]
            found = subprocess.run(python, check=True, capture_output=True, text=True)
            latencies = sorted(json.loads(found.stdout))
            after = _memory(shop)
        finally:
            _make(shop, "down")
    ms = [1000 * seconds for seconds in latencies]
    p99 = ms[int(len(ms) * 0.99)]
    return [
        Row("make up until ready, wall", statistics.median(starts), "s", 6, None, ""),
        Row("memory of the shop (PSS, all processes)", memory, "MB", 500, None, ""),
        Row("the same after the run", after, "MB", 500, None, ""),
        Row(
            f"accepted command to its row, p50 of {len(ms)}",
            statistics.median(ms),
            "ms",
            None,
            None,
            "",
        ),
        Row("accepted command to its row, p99", p99, "ms", 100, None, ""),
    ]


def _make(project: Path, target: str) -> float:
    began = time.perf_counter()
    environment = {**os.environ, "GATEWAY_PORT": "0"}
    command = ["make", "--silent", "-C", str(project), target]
    subprocess.run(command, check=True, env=environment, stdout=subprocess.DEVNULL)
    return time.perf_counter() - began


def _memory(project: Path) -> float:
    """Mebibytes of all processes of the system; shared pages are counted once (PSS)."""
    state = json.loads((project / ".local" / "state.json").read_text())
    pids = [started["pid"] for started in state["started"].values()]
    return sum(_pss(pid) for pid in pids) / 1024


def _pss(pid: int) -> int:
    lines = Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines()
    return next(int(line.split()[1]) for line in lines if line.startswith("Pss:"))
