"""`outbox`: messages that wait to be published."""

from __future__ import annotations

import argparse
from datetime import datetime
from typing import Any

from chassis.clock import utc_now
from chassis.ops.arguments import add_json, add_unit
from chassis.ops.output import Output
from chassis.ops.system import System
from chassis.service import Service
from chassis.store.port import Store
from chassis.stream import Stream


def add_to(areas: Any) -> None:
    """Add the commands to the command line."""
    area = areas.add_parser("outbox", help="messages that wait to be published")
    commands = area.add_subparsers(required=True, metavar="COMMAND")
    status = commands.add_parser("status", help="how many wait, and how long")
    add_unit(status)
    add_json(status)
    status.set_defaults(run=_status)


async def _status(options: argparse.Namespace, system: System, output: Output) -> int:
    rows = [
        await _row(unit.name, store, utc_now())
        async for unit, store in system.stores(options.unit)
        if isinstance(unit, Service) or (isinstance(unit, Stream) and unit.emits)
    ]
    output.rows(rows, empty="no service has run yet")
    return 0


async def _row(unit: str, store: Store, now: datetime) -> dict[str, object]:
    oldest = next(iter(await store.pending(limit=1)), None)
    envelope = oldest.message.envelope if oldest else None
    return {
        "unit": unit,
        "waiting": await store.outbox_size(),
        "oldest": envelope.time if envelope else None,
        "age_seconds": round((now - envelope.time).total_seconds(), 1) if envelope else None,
        "type": envelope.type if envelope else None,
    }
