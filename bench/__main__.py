"""`make bench`: every figure in one run, as a Markdown table."""

from __future__ import annotations

import datetime
import os
import platform
import sys

from bench import generation, regeneration, system
from bench.report import table

_GROUPS = {
    "generation": generation.rows,
    "regeneration": regeneration.rows,
    "system": system.rows,
}


def main() -> None:
    """Measure and print."""
    today = datetime.datetime.now(datetime.UTC).date()
    machine = f"{os.cpu_count()} cores, {platform.machine()}, Python {platform.python_version()}"
    print(f"{today}, {machine}\n", flush=True)
    chosen = sys.argv[1:] or list(_GROUPS)
    rows = [row for name in chosen for row in _GROUPS[name]()]
    print(table(rows))


if __name__ == "__main__":
    main()
