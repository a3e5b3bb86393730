"""`state`: an aggregate as it is, or as it was."""

from __future__ import annotations

import argparse
import json
from datetime import datetime
from typing import Any

from chassis.decimals import json_adapter
from chassis.ops.arguments import add_json, moment
from chassis.ops.errors import OpsError
from chassis.ops.output import Output
from chassis.ops.system import System
from chassis.runtime.aggregates import EventRepository, Loaded, Repository, StateRepository
from chassis.runtime.work import Work
from chassis.service import Aggregate, EventSourced, Service
from chassis.store.port import Store


def add_to(areas: Any) -> None:
    """Add the command to the command line."""
    state = areas.add_parser("state", help="show an aggregate as it is, or as it was")
    state.add_argument("unit", help="the service")
    state.add_argument("aggregate", help="the name of the aggregate")
    state.add_argument("id", help="the id of the aggregate")
    state.add_argument(
        "--as-of", metavar="VERSION|TIME", help="e.g. 3, or 2026-01-31T12:00Z (event-sourced only)"
    )
    add_json(state)
    state.set_defaults(run=_state)


async def _state(options: argparse.Namespace, system: System, output: Output) -> int:
    unit = system.unit(options.unit)
    if not isinstance(unit, Service):
        raise OpsError(f"{unit.name} is not a service: only services have aggregates")
    repository = _repository(unit, options.aggregate, store := await system.store(unit))
    await store.prepare(repository.collections)
    loaded = await _load(repository, store, options)
    if loaded.state is None:
        raise OpsError(f"there is no {options.aggregate} {options.id}")
    adapter = json_adapter(repository.aggregate.state)
    fields = json.loads(adapter.dump_json(loaded.state))
    output.row({"version": loaded.version, **fields})
    return 0


async def _load(repository: Repository, store: Store, options: argparse.Namespace) -> Loaded:
    if options.as_of is None:
        return await repository.load(Work(store), options.id)
    if not isinstance(repository, EventRepository):
        raise OpsError(
            f"{options.aggregate} is not event-sourced, it has no history: leave --as-of out"
        )
    version, time = _as_of(options.as_of)
    return await repository.as_of(store, options.id, version=version, time=time)


def _as_of(text: str) -> tuple[int | None, datetime | None]:
    if text.isdecimal():
        return int(text), None
    try:
        return None, moment(text)
    except argparse.ArgumentTypeError as error:
        raise OpsError(f"--as-of: {error}") from None


def _repository(unit: Service, name: str, store: Store) -> Repository:
    aggregates: dict[str, Aggregate[Any, Any, Any]] = {each.name: each for each in unit.aggregates}
    if name not in aggregates:
        raise OpsError(f"{unit.name} has no aggregate {name!r}: {', '.join(aggregates)}")
    aggregate = aggregates[name]
    if isinstance(aggregate, EventSourced):
        return EventRepository(aggregate, unit.messages)
    return StateRepository(aggregate, store, [])
