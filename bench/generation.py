"""How long the generator takes, and how much memory, beside the floor of bare Jinja2."""

from __future__ import annotations

import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

from bench.processes import measure
from bench.report import Row
from bench.synthetic import spec_of

MESHGEN = str(Path(sys.executable).with_name("meshgen"))
SHOP = Path("specs/shop.yaml")


def rows() -> list[Row]:
    """Measure `--help`, `check` and `new`; take about a minute."""
    with tempfile.TemporaryDirectory() as folder:
        big = Path(folder, "big.yaml")
        big.write_text(spec_of(100))
        bare = measure([sys.executable, "-c", "pass"])
        help_ = measure([MESHGEN, "--help"])
        check = measure([MESHGEN, "check", str(SHOP)])
        return [
            Row(
                "meshgen --help, processor",
                help_.cpu * 1000,
                "ms",
                None,
                help_.cpu / bare.cpu,
                "bare Python",
                most=8,
            ),
            Row(
                "meshgen check shop, processor",
                check.cpu * 1000,
                "ms",
                None,
                check.cpu / bare.cpu,
                "bare Python",
            ),
            *_new("shop", SHOP, Path(folder), most=8, memory_goal=None, runs=5),
            *_new("100 services", big, Path(folder), most=20, memory_goal=200, runs=3),
        ]


def _new(
    name: str, spec: Path, folder: Path, most: float, memory_goal: float | None, runs: int
) -> list[Row]:
    target = folder / "out"
    command = [MESHGEN, "new", str(target), "--spec", str(spec), "--quiet"]
    taken = measure(command, before=lambda: shutil.rmtree(target, ignore_errors=True), runs=runs)
    floor = floor_of(spec, runs)
    files = sum(1 for path in target.rglob("*") if path.is_file())
    what = f"new, {name}: {files} files, processor"
    return [
        Row(what, taken.cpu, "s", None, taken.cpu / floor, "bare Jinja2", most=most),
        Row(f"new, {name}, wall", taken.wall, "s", None, None, ""),
        Row(f"new, {name}, memory", taken.memory, "MB", memory_goal, None, ""),
    ]


def floor_of(spec: Path, runs: int) -> float:
    """The processor seconds that filling every template once takes with bare Jinja2."""
    command = [sys.executable, "-m", "bench.floor", str(spec)]
    found = [
        float(subprocess.run(command, check=True, capture_output=True, text=True).stdout)
        for _ in range(runs)
    ]
    return min(found)
