"""`python -m chassis.dead_letters list|replay`: show dead letters, and replay them."""

from __future__ import annotations

import argparse
import asyncio
import os
import sys
from importlib import import_module

from chassis.dead_letters import DeadLetter, dead_letters, replay
from chassis.envelope import Undecodable
from chassis.errors import Unavailable
from chassis.hub.nats import connect_nats
from chassis.hub.port import Hub
from chassis.messages import Catalog


def main() -> int:
    """Run the command line.

    Returns:
        The exit code: 0 done, 1 a dead letter cannot be replayed, 2 the command cannot run.
    """
    arguments = _parser().parse_args()
    try:
        return asyncio.run(_run(arguments))
    except (Unavailable, LookupError, ImportError) as error:
        print(f"error: {error}", file=sys.stderr)
        return 2


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m chassis.dead_letters", description=__doc__)
    parser.add_argument("action", choices=["list", "replay"])
    parser.add_argument("catalog", help="e.g. shop_contracts.catalog:MESSAGES")
    parser.add_argument("positions", nargs="*", type=int, help="which to replay (default: all)")
    parser.add_argument("--nats", default=os.environ.get("NATS_URL", "nats://127.0.0.1:4222"))
    return parser


async def _run(arguments: argparse.Namespace) -> int:
    messages = _catalog(arguments.catalog)
    hub = await connect_nats(arguments.nats, "dead-letters")
    try:
        letters = [letter async for letter in dead_letters(hub, messages)]
        if arguments.action == "list":
            for letter in letters:
                print(_line(letter))
            return 0
        return await _replay(hub, messages, _selected(letters, arguments.positions))
    finally:
        await hub.close()


async def _replay(hub: Hub, messages: Catalog, letters: list[DeadLetter]) -> int:
    """Replay in the order of the failures, which keeps the order of each subject."""
    failed = 0
    for letter in letters:
        try:
            await replay(hub, messages, letter)
        except Undecodable as error:
            failed = 1
            print(f"{letter.position}: {error}", file=sys.stderr)
        else:
            print(f"{letter.position}: replayed on {letter.topic}")
    return failed


def _selected(letters: list[DeadLetter], positions: list[int]) -> list[DeadLetter]:
    if missing := set(positions) - {letter.position for letter in letters}:
        raise LookupError(f"there is no dead letter {', '.join(map(str, sorted(missing)))}")
    return [letter for letter in letters if not positions or letter.position in positions]


def _line(letter: DeadLetter) -> str:
    when = letter.failed_at.isoformat(timespec="seconds")
    head = f"{letter.position}  {when}  {letter.topic}  {letter.group}  {letter.attempts} attempts"
    return f"{head}\n    {letter.reason.splitlines()[0]}\n    {letter.message}"


def _catalog(name: str) -> Catalog:
    module, _, attribute = name.partition(":")
    catalog = getattr(import_module(module), attribute, None)
    if not isinstance(catalog, Catalog):
        raise LookupError(f"{name} is not a catalog of messages")
    return catalog


if __name__ == "__main__":
    sys.exit(main())
