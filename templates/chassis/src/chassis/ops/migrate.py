"""`migrate`: stores are prepared before a deploy, with rights that services do not need then."""

from __future__ import annotations

import argparse
from collections.abc import Iterable
from typing import Any, cast

from chassis.hub.port import Hub
from chassis.ops.arguments import add_json
from chassis.ops.output import Output
from chassis.ops.system import Stateful, System
from chassis.runtime import ProjectionRuntime, ServiceRuntime, generations
from chassis.service import Service
from chassis.store.port import Collection, Store


class _NoHub:
    """In the place of the event hub, which stores do not need."""

    def __init__(self, system: str) -> None:
        self.system = system


def add_to(areas: Any) -> None:
    """Add the command to the command line."""
    command = areas.add_parser(
        "migrate", help="create and change what stores need, before a deploy"
    )
    command.add_argument("units", nargs="*", metavar="UNIT", help="a unit (default: all)")
    command.add_argument(
        "--dry-run",
        action="store_true",
        help="print what would be executed; exit code 1 if there is something",
    )
    add_json(command)
    command.set_defaults(run=_migrate)


async def _migrate(options: argparse.Namespace, system: System, output: Output) -> int:
    units = [system.unit(name) for name in options.units] or list(system.units.values())
    rows: list[dict[str, object]] = []
    for unit in units:
        store = system.open(unit, is_trial=options.dry_run)
        collections = await _collections(unit, store, system)
        changes = await store.changes(collections)
        if not options.dry_run:
            await store.prepare(collections)
            # The generations of a read model may be known only now.
            await store.prepare(await _collections(unit, store, system))
        rows.append({"unit": unit.name, "changes": list(changes)})
    _print(rows, output, is_done=not options.dry_run)
    return int(options.dry_run and any(row["changes"] for row in rows))


def _print(rows: Iterable[dict[str, Any]], output: Output, *, is_done: bool) -> None:
    if output.as_json:
        output.rows([{**row, "done": is_done} for row in rows], empty="")
        return
    for row in rows:
        for change in row["changes"]:
            output.console.line(f"{row['unit']}: {change}")
        if not row["changes"]:
            output.console.line(f"{row['unit']}: nothing to do")
        elif is_done:
            output.console.line(f"{row['unit']}: done")


async def _collections(unit: Stateful, store: Store, system: System) -> tuple[Collection, ...]:
    hub = cast("Hub", _NoHub(system.messages.system))
    if isinstance(unit, Service):
        return ServiceRuntime(unit, store, hub).collections
    return ProjectionRuntime(unit, store, hub).collections(await _generations(store))


async def _generations(store: Store) -> tuple[int, ...]:
    """Return the generations of a read model that are used; the first one if it is new."""
    if await store.changes((generations.COLLECTION,)):
        return (1,)
    await store.prepare((generations.COLLECTION,))  # it changes nothing
    model = await generations.ReadModels(store).load()
    return tuple(dict.fromkeys((model.live, model.building or model.live)))
