"""How long an update of a large project takes, beside rendering all of it."""

from __future__ import annotations

import random
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Callable
from itertools import cycle
from pathlib import Path

from bench.generation import MESHGEN, floor_of
from bench.processes import measure
from bench.report import Row
from bench.synthetic import spec_of

EDITED = 500
_FIELDS = cycle(("{count: int, note: string?}", "{count: int}"))


def rows() -> list[Row]:
    """Measure `update` of a hundred services; take about a minute."""
    with tempfile.TemporaryDirectory() as folder:
        spec, project = Path(folder, "big.yaml"), Path(folder, "big")
        spec.write_text(spec_of(100))
        new = [MESHGEN, "new", str(project), "--spec", str(spec), "--quiet"]
        subprocess.run(new, check=True)
        floor = floor_of(spec, runs=3)
        update = ["update", "--project", str(project), "--quiet"]
        changed = [sys.executable, "-m", "bench.other_templates", *update]
        edited = Path(folder, "edited")
        shutil.copytree(project, edited)
        _edit_by_hand(edited)

        def row(
            what: str, most: float | None, command: list[str], before: Callable[[], None]
        ) -> Row:
            cpu = measure(command, before=before, runs=3).cpu
            name = f"update, 100 services, {what}, processor"
            return Row(name, cpu, "s", None, cpu / floor, "bare Jinja2", most=most)

        return [
            row("nothing to do", 2.5, [MESHGEN, *update], lambda: None),
            row("one changed", 5, [MESHGEN, *update], lambda: _change_one(project)),
            row(
                f"all changed, {EDITED} files edited",
                None,
                changed,
                lambda: _start_again(edited, project),
            ),
        ]


def _change_one(project: Path) -> None:
    spec = project / "big.yaml"
    lines = spec.read_text().splitlines(keepends=True)
    at = next(n for n, line in enumerate(lines) if "Part50Counted:" in line)
    lines[at] = lines[at].partition(":")[0] + f": {next(_FIELDS)}\n"
    spec.write_text("".join(lines))


def _edit_by_hand(project: Path) -> None:
    """Add a line to some files, and forget what was rendered: another meshgen knows nothing."""
    files = [path for path in sorted(project.glob("services/**/*.py")) if path.stat().st_size > 200]
    for path in random.Random(1).sample(files, EDITED):
        lines = path.read_text().splitlines(keepends=True)
        lines.insert(len(lines) // 2 + 2, "# by hand\n")
        path.write_text("".join(lines))
    (project / ".meshgen/cache.json").unlink()


def _start_again(source: Path, project: Path) -> None:
    shutil.rmtree(project)
    shutil.copytree(source, project)
