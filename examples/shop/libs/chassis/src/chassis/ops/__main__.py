"""`python -m chassis.ops`: the command line for operating a system."""

from __future__ import annotations

import argparse
import asyncio
import os
import signal
import sys
from collections.abc import Awaitable, Callable, Sequence
from pathlib import Path
from typing import TypeAlias

from chassis.embedded.console import Console
from chassis.embedded.errors import EmbeddedError
from chassis.errors import Unavailable
from chassis.ops import dlq, events, migrate, outbox, projections, sagas, states
from chassis.ops.errors import OpsError
from chassis.ops.output import Output
from chassis.ops.system import System
from chassis.process.errors import CannotStart

Command: TypeAlias = Callable[[argparse.Namespace, System, Output], Awaitable[int]]

_EXAMPLES = """\
examples:
  python -m chassis.ops dlq list --unit order
  python -m chassis.ops dlq replay order.commands/shop.order.commands/3/128
  python -m chassis.ops projection rebuild catalog
  python -m chassis.ops saga list --state stuck --older-than 1h
  python -m chassis.ops saga resume ORDER:CAUSE
  python -m chassis.ops outbox status --json
  python -m chassis.ops events tail --type OrderPlaced
  python -m chassis.ops migrate --dry-run
  kubectl exec deploy/order -- python -m chassis.ops outbox status
  python -m chassis.ops state order Order 0f8f...-... --as-of 2026-01-31T12:00:00Z
"""


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command.

    Returns:
        The exit code: 0 done, 1 something is wrong or was not done, 2 wrong usage, 3 a server is
        not available, 130 interrupted.
    """
    options = _parser().parse_args(arguments)
    signal.signal(signal.SIGTERM, signal.getsignal(signal.SIGINT))
    output = Output(Console(), as_json=options.json)
    try:
        return asyncio.run(_run(options, output))
    except (OpsError, EmbeddedError, CannotStart, Unavailable) as error:
        print(f"error: {error}", file=sys.stderr)
        return 3 if isinstance(error, Unavailable) else 1
    except KeyboardInterrupt:
        return 130
    except BrokenPipeError:  # `... events browse | head`
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 0


def run() -> None:
    """Run one command, and end the process with its exit code."""
    sys.exit(main())


async def _run(options: argparse.Namespace, output: Output) -> int:
    command: Command = options.run
    async with System.opened(options.root) as system:
        return await command(options, system, output)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m chassis.ops",
        description="Operate a system: dead letters, read models, sagas, outboxes, events, stores.",
        epilog=_EXAMPLES,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument(
        "--root", type=_folder, default=Path.cwd(), help="the project (default: this folder)"
    )
    areas = parser.add_subparsers(title="areas", required=True, metavar="AREA")
    for module in (dlq, projections, sagas, outbox, events, states, migrate):
        module.add_to(areas)
    return parser


def _folder(text: str) -> Path:
    return Path(text).resolve()


if __name__ == "__main__":
    run()
