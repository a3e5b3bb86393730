"""`outbox`: messages that wait to be published."""

from __future__ import annotations

import argparse
from datetime import datetime
from typing import Any

from chassis.clock import utc_now
from chassis.ops.arguments import add_json
from chassis.ops.output import Output
from chassis.ops.system import Stateful, System
from chassis.service import Service


def add_to(areas: Any) -> None:
    """Add the commands to the command line."""
    area = areas.add_parser("outbox", help="messages that wait to be published")
    commands = area.add_subparsers(required=True, metavar="COMMAND")
    status = commands.add_parser("status", help="how many wait, and how long")
    status.add_argument("--unit", help="only this unit")
    add_json(status)
    status.set_defaults(run=_status)


async def _status(options: argparse.Namespace, system: System, output: Output) -> int:
    units = [unit for unit in system.selected(options.unit) if isinstance(unit, Service)]
    rows = [await _row(unit, system, utc_now()) for unit in units]
    output.rows(rows, empty="there are no services")
    return 0


async def _row(unit: Stateful, system: System, now: datetime) -> dict[str, object]:
    store = await system.store(unit)
    oldest = next(iter(await store.pending(limit=1)), None)
    envelope = oldest.message.envelope if oldest else None
    return {
        "unit": unit.name,
        "waiting": await store.outbox_size(),
        "oldest": envelope.time if envelope else None,
        "age_seconds": round((now - envelope.time).total_seconds(), 1) if envelope else None,
        "type": envelope.type if envelope else None,
    }
