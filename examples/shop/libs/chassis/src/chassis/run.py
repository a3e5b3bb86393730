"""Runs units in one process: `python -m chassis.run shop_order.service:service@127.0.0.1:8101 ...`

The settings come from the environment, see `chassis.settings`. Exit codes: 0 stopped by a signal,
1 failed, 2 cannot start as requested.
"""

from __future__ import annotations

import argparse
import asyncio
import os
import sys
from collections.abc import Sequence

import uvloop

from chassis import logs
from chassis.process.assignments import parse
from chassis.process.errors import CannotStart
from chassis.process.runner import run
from chassis.settings import Settings, SettingsError


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command line and return the exit code."""
    parser = argparse.ArgumentParser(prog="python -m chassis.run", description=__doc__)
    parser.add_argument("unit", nargs="+", help="module:attribute@host:port")
    units: list[str] = parser.parse_args(arguments).unit
    try:
        settings = Settings.from_env(os.environ)
        assignments = [parse(unit) for unit in units]
        logs.configure(settings.log_level)
        with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
            return runner.run(run(assignments, settings))
    except (SettingsError, CannotStart) as error:
        print(error, file=sys.stderr)
        return 2


if __name__ == "__main__":
    sys.exit(main())
