"""`events`: what is in the topics, and what is published now."""

from __future__ import annotations

import argparse
import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import aclosing
from datetime import datetime
from typing import Any

from chassis.envelope import Envelope, Undecodable
from chassis.hub.port import Hub, Record
from chassis.ops.arguments import add_json, add_limit, add_message_filters, fits, since
from chassis.ops.errors import OpsError
from chassis.ops.output import Output
from chassis.ops.system import System


def add_to(areas: Any) -> None:
    """Add the commands to the command line."""
    area = areas.add_parser("events", help="messages in the event hub")
    commands = area.add_subparsers(required=True, metavar="COMMAND")

    browse = commands.add_parser("browse", help="print the messages that are there")
    browse.add_argument("--since", type=since, help="a time, or e.g. 30m for the last 30 minutes")
    add_limit(browse)
    _add_filters(browse)
    browse.set_defaults(run=_browse)

    tail = commands.add_parser("tail", help="print messages as they are published")
    _add_filters(tail)
    tail.set_defaults(run=_tail)


def _add_filters(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("topic", nargs="?", help="a topic (default: all)")
    add_message_filters(parser)
    parser.add_argument("--correlation", help="only those with this correlation id")
    add_json(parser)


async def _browse(options: argparse.Namespace, system: System, output: Output) -> int:
    hub, left = await system.hub(), options.limit
    topics = _topics(options, system)
    readers = [_records(hub, topic, _start(hub, topic), follow=False) for topic in topics]
    async for number, record in _by_time(readers):
        if left == 0:
            output.hint(f"there are more than {options.limit}: see --limit and --since")
            break
        left -= _print(record, topics[number], options, output, options.since)
    return 0


def _start(hub: Hub, topic: str) -> dict[int, int]:
    return dict.fromkeys(range(hub.partitions(topic)), 0)


async def _by_time(
    readers: Sequence[AsyncIterator[Record]],
) -> AsyncIterator[tuple[int, Record]]:
    """Yield the records of all readers, the oldest first, with the numbers of the readers."""
    heads = {number: await anext(reader, None) for number, reader in enumerate(readers)}
    while waiting := {number: head for number, head in heads.items() if head is not None}:
        oldest = min(waiting, key=lambda number: waiting[number].time)
        yield oldest, waiting[oldest]
        heads[oldest] = await anext(readers[oldest], None)


async def _tail(options: argparse.Namespace, system: System, output: Output) -> int:
    hub = await system.hub()
    following = (_follow(hub, topic, options, output) for topic in _topics(options, system))
    await asyncio.gather(*following)
    return 0


async def _follow(hub: Hub, topic: str, options: argparse.Namespace, output: Output) -> None:
    async for record in _records(hub, topic, await hub.end(topic), follow=True):
        _print(record, topic, options, output, None)


async def _records(hub: Hub, topic: str, after: Any, *, follow: bool) -> AsyncIterator[Record]:
    async with aclosing(hub.read(topic, after)) as batches:
        async for batch in batches:
            if not batch and not follow:
                return
            for record in batch:
                yield record


def _topics(options: argparse.Namespace, system: System) -> tuple[str, ...]:
    topics = system.messages.topics
    if options.topic is None:
        return topics
    if options.topic not in topics:
        raise OpsError(f"there is no topic {options.topic!r}: {', '.join(topics)}")
    return (options.topic,)


def _print(
    record: Record,
    topic: str,
    options: argparse.Namespace,
    output: Output,
    since: datetime | None,
) -> bool:
    """Print a message if it matches the filters, and return whether it does."""
    try:
        envelope = Envelope.from_json(record.data)
    except Undecodable:
        return False
    if (
        not fits(options, type=envelope.type, subject=envelope.subject)
        or options.correlation not in (None, str(envelope.correlation_id))
        or (since is not None and record.time < since)
    ):
        return False
    row = {"topic": topic, "partition": record.partition, "position": record.position}
    name = ".".join(envelope.type.split(".")[-2:])
    time = envelope.time.isoformat(timespec="milliseconds")
    line = f"{time}  {topic}  {name}  {envelope.subject}  {dict(envelope.data)}"
    output.record({**row, "envelope": _attributes(envelope)}, line)
    return True


def _attributes(envelope: Envelope) -> dict[str, object]:
    return {name: getattr(envelope, name) for name in Envelope.__slots__}
