"""`make bench`: every figure in one run, as a Markdown table."""

from __future__ import annotations

import datetime
import os
import platform
import sys

from bench import generation, system
from bench.report import table


def main() -> None:
    """Measure and print."""
    today = datetime.datetime.now(datetime.UTC).date()
    machine = f"{os.cpu_count()} cores, {platform.machine()}, Python {platform.python_version()}"
    print(f"{today}, {machine}\n", flush=True)
    rows = generation.rows() if "system" not in sys.argv[1:] else []
    rows += system.rows() if "generation" not in sys.argv[1:] else []
    print(table(rows))


if __name__ == "__main__":
    main()
