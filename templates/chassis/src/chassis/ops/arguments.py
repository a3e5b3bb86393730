"""Arguments that several of the operator's commands have."""

from __future__ import annotations

import argparse
import re
import sys
from datetime import UTC, datetime, timedelta

from chassis.ops.errors import OpsError

_UNITS = {"s": "seconds", "m": "minutes", "h": "hours", "d": "days"}


def add_json(parser: argparse.ArgumentParser) -> None:
    """Add `--json`."""
    parser.add_argument("--json", action="store_true", help="print JSON")


def add_unit(parser: argparse.ArgumentParser) -> None:
    """Add `--unit`."""
    parser.add_argument("--unit", help="only those of this unit")


def add_limit(parser: argparse.ArgumentParser) -> None:
    """Add `--limit`."""
    parser.add_argument("--limit", type=int, default=100, help="at most so many (default: 100)")


def add_message_filters(parser: argparse.ArgumentParser) -> None:
    """Add `--type` and `--subject`, which `fits` looks at."""
    parser.add_argument("--type", help="only messages whose type has this in its name")
    parser.add_argument("--subject", help="only messages about the aggregate with this id")


def fits(options: argparse.Namespace, *, type: str, subject: str) -> bool:
    """Return whether a message fits `--type` and `--subject`."""
    return options.subject in (None, subject) and (options.type is None or options.type in type)


def add_selection(parser: argparse.ArgumentParser, help: str) -> None:
    """Add ids, or `--all`; one of them is required."""
    chosen = parser.add_mutually_exclusive_group(required=True)
    chosen.add_argument("ids", nargs="*", default=[], metavar="ID", help=help)
    chosen.add_argument("--all", action="store_true", help="all that match the filters")


def add_yes(parser: argparse.ArgumentParser) -> None:
    """Add `--yes`."""
    parser.add_argument("--yes", action="store_true", help="do not ask")


def confirm(options: argparse.Namespace, what: str) -> None:
    """Ask on a terminal whether to do `what`, unless there is `--yes`.

    Raises:
        OpsError: The answer was no, or there is no terminal to ask on.
    """
    if options.yes:
        return
    if not sys.stdin.isatty():
        raise OpsError(f"to {what}, add --yes")
    print(f"{what}? [y/N] ", end="", file=sys.stderr, flush=True)
    if sys.stdin.readline().strip().lower() not in ("y", "yes"):
        raise OpsError("nothing was done")


def since(text: str) -> datetime:
    """Parse a time (ISO 8601), or a duration before now, e.g. 30m.

    Raises:
        argparse.ArgumentTypeError: It is neither.
    """
    if (match := re.fullmatch(r"([0-9]{1,6})([smhd])", text)) is not None:
        return datetime.now(UTC) - timedelta(**{_UNITS[match[2]]: int(match[1])})
    return moment(text)


def moment(text: str) -> datetime:
    """Parse a time (ISO 8601); without an offset it is UTC.

    Raises:
        argparse.ArgumentTypeError: It is not a time.
    """
    try:
        time = datetime.fromisoformat(text)
    except ValueError:
        raise argparse.ArgumentTypeError(f"{text!r} is not a time like 2026-01-31T12:00Z") from None
    return time if time.tzinfo else time.replace(tzinfo=UTC)
