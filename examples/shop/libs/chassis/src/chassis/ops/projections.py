"""`projection`: read models are rebuilt, paused and resumed."""

from __future__ import annotations

import argparse
import asyncio
from collections.abc import Callable
from dataclasses import replace
from typing import Any

from chassis.errors import Conflict
from chassis.hub.port import Hub
from chassis.hub.topics import topic_of
from chassis.identity import identity_of
from chassis.ops.arguments import add_json
from chassis.ops.errors import OpsError
from chassis.ops.histories import Source, publish, sources
from chassis.ops.output import Output, Patience
from chassis.ops.system import System
from chassis.projection import MaterializedView
from chassis.runtime.checkpoints import Checkpoints
from chassis.runtime.generations import (
    History,
    ReadModel,
    ReadModels,
    group_name,
    rows_of,
)
from chassis.service import Start
from chassis.store.port import Query, Store
from chassis.stream import Job, Stream

_POLL = 0.2
_MANY = 10_000_000


def add_to(areas: Any) -> None:
    """Add the commands to the command line."""
    area = areas.add_parser("projection", help="read models: status, rebuild, pause, resume")
    commands = area.add_subparsers(required=True, metavar="COMMAND")

    status = commands.add_parser("status", help="how far read models are behind the events")
    status.add_argument("name", nargs="?", help="a projection (default: all)")
    add_json(status)
    status.set_defaults(run=_status)

    rebuild = commands.add_parser(
        "rebuild", help="build a read model anew beside the live one, then switch"
    )
    rebuild.add_argument("name", help="the projection")
    rebuild.add_argument(
        "--from-stores",
        action="store_true",
        help="read the event stores of the services first: the event hub has not all events",
    )
    rebuild.add_argument(
        "--incomplete", action="store_true", help="even if not all events can be had any more"
    )
    rebuild.add_argument("--no-wait", action="store_true", help="do not wait until it is live")
    add_json(rebuild)
    rebuild.set_defaults(run=_rebuild)

    for name, paused in (("pause", True), ("resume", False)):
        command = commands.add_parser(name, help=f"{name} the processing of events, in a second")
        command.add_argument("name", help="the projection")
        add_json(command)
        command.set_defaults(run=_pausing(paused))


async def _status(options: argparse.Namespace, system: System, output: Output) -> int:
    if options.name is not None:
        await _own_rows(options, system)
    hub, rows = await system.hub(), []
    async for unit, store in system.stores(options.name):
        if isinstance(unit, MaterializedView) and not _job(unit, hub):
            model = await ReadModels(store).load()
            for generation in dict.fromkeys((model.live, model.building or model.live)):
                row = await _row(unit, model, generation, store, hub)
                lost = await _incomplete_sources(unit, system, hub)
                names = [source.name for source in lost]
                rows.append({**row, "incomplete": ", ".join(names) or None})
    output.rows(rows, empty="no projection has run yet")
    return 0


async def _rebuild(options: argparse.Namespace, system: System, output: Output) -> int:
    unit, store = await _own_rows(options, system)
    hub, before = await system.hub(), await ReadModels(store).load()
    if before.paused:
        raise OpsError(f"{unit.name} is paused: `projection resume {unit.name}` first")
    if before.building is None and not options.incomplete:
        await _check_complete(unit, system, hub, from_stores=options.from_stores)
    if options.from_stores:
        model = await _begin_with_history(unit, store, hub)
        await _publish_history(unit, system, store, model)
    else:
        model = await _change(store, ReadModel.rebuild)
    if (wanted := model.building) is None:  # it was switched meanwhile
        return 0
    row = {"projection": unit.name, "generation": wanted}
    if options.no_wait:
        output.done(f"{unit.name}: generation {wanted} is being built", **row, live=False)
        return 0
    await _wait(unit, store, hub, wanted, output)
    output.done(f"{unit.name}: generation {wanted} is live", **row, live=True)
    return 0


async def _check_complete(
    unit: MaterializedView[Any], system: System, hub: Hub, *, from_stores: bool
) -> None:
    """Check that all events can be read again.

    Raises:
        OpsError: They cannot.
    """
    lost = await _incomplete_sources(unit, system, hub)
    names = ", ".join(source.name for source in lost)
    if lost and not from_stores:
        raise OpsError(
            f"the event hub has removed old events of {names}: "
            "add --from-stores, or --incomplete to do without them"
        )
    if gone := ", ".join(source.name for source in lost if not source.has_history):
        raise OpsError(
            f"old events of {gone} are lost, because it is state-stored: "
            "add --incomplete to do without them"
        )


async def _incomplete_sources(
    unit: MaterializedView[Any], system: System, hub: Hub
) -> list[Source]:
    """Return the aggregates some of whose events the hub does not have any more."""
    complete = {topic: await hub.is_complete(topic) for topic in _topics(unit)}
    return [
        source
        for source in sources(unit, system)
        if not all(
            complete[unit.messages.of(event).topic]
            for event in set(unit.events) & set(source.aggregate.events)
        )
    ]


async def _begin_with_history(unit: MaterializedView[Any], store: Store, hub: Hub) -> ReadModel:
    """Begin a rebuild that reads the event stores first, or go on with it."""

    def begun(model: ReadModel) -> ReadModel:
        name = f"{unit.messages.system}.history.{identity_of(unit)}.{model.live + 1}"
        return model.rebuild(History(topic=name))

    model = await _change(store, begun)
    if model.history is None:
        raise OpsError(f"{unit.name} is being rebuilt from the event hub: wait until that is done")
    await hub.declare(topic_of(unit.messages, model.history.topic, temporary=True))
    return model


async def _publish_history(
    unit: MaterializedView[Any], system: System, store: Store, model: ReadModel
) -> None:
    history = model.history
    if history is None or history.complete:
        return

    def changed(**fields: Any) -> Callable[[ReadModel], ReadModel]:
        return lambda now: (
            replace(now, history=replace(now.history, **fields)) if now.history else now
        )

    async def save(source: str, stream: str) -> None:
        after[source] = stream
        await _change(store, changed(after=dict(after)))

    after = dict(history.after)
    await publish(unit, system, await system.hub(), history, save)
    await _change(store, changed(complete=True))


async def _wait(
    unit: MaterializedView[Any], store: Store, hub: Hub, wanted: int, output: Output
) -> None:
    hint = f"{unit.name} is not running, or is busy; Ctrl-C only ends the waiting"
    patience = Patience(output, hint)
    while (model := await ReadModels(store).load()).live < wanted:
        share = await _share(unit, model, store, hub)
        output.progress(unit.name, share, 1)
        patience.look(share)
        await asyncio.sleep(_POLL)


def _pausing(paused: bool) -> Any:
    async def run(options: argparse.Namespace, system: System, output: Output) -> int:
        unit, store = await _own_rows(options, system)
        await _change(store, lambda model: replace(model, paused=paused))
        done = f"{unit.name} is {'paused' if paused else 'resumed'}"
        output.done(done, projection=unit.name, paused=paused)
        return 0

    return run


async def _projection(
    options: argparse.Namespace, system: System
) -> tuple[MaterializedView[Any], Store]:
    unit = system.unit(options.name)
    if not isinstance(unit, MaterializedView):
        raise OpsError(f"{unit.name} is not a projection, but a service")
    return unit, await system.store(unit)


async def _own_rows(
    options: argparse.Namespace, system: System
) -> tuple[MaterializedView[Any], Store]:
    """Return a projection that writes its rows itself."""
    unit, store = await _projection(options, system)
    if job := _job(unit, await system.hub()):
        raise OpsError(
            f"the rows of {unit.name} are written by its {job.engine} job: stop that; "
            "it builds them anew if it starts without its checkpoint"
        )
    return unit, store


def _job(unit: MaterializedView[Any], hub: Hub) -> Job | None:
    return unit.written_by(hub.system) if isinstance(unit, Stream) else None


async def _change(store: Store, change: Callable[[ReadModel], ReadModel]) -> ReadModel:
    models = ReadModels(store)
    while True:
        before = await models.load()
        after = change(before)
        try:
            if after != before:
                await models.save(after)
        except Conflict:
            continue
        return after


async def _row(
    unit: MaterializedView[Any], model: ReadModel, generation: int, store: Store, hub: Hub
) -> dict[str, object]:
    types = frozenset(unit.messages.of(event).name for event in unit.events)
    backlogs = []
    for topic in _topics(unit):
        positions = await _checkpoints(unit, topic, generation, store, hub).positions()
        backlogs.append(await hub.backlog(topic, positions, types))
    rows = rows_of(unit, generation, store).collection
    await store.prepare((rows,))
    state = "paused" if model.paused else "live" if generation == model.live else "building"
    return {
        "projection": unit.name,
        "generation": generation,
        "state": state,
        "rows": await store.count(Query(collection=rows.name, limit=_MANY)),
        "behind": sum(backlog.count for backlog in backlogs),
        "oldest": min((each.oldest for each in backlogs if each.oldest), default=None),
    }


async def _share(unit: MaterializedView[Any], model: ReadModel, store: Store, hub: Hub) -> float:
    """Return how much of what the live generation has read is in the one that is being built."""
    if model.building is None:
        return 1.0
    done = total = 0
    for topic in _topics(unit):
        live = await _checkpoints(unit, topic, model.live, store, hub).positions()
        built = await _checkpoints(unit, topic, model.building, store, hub).positions()
        total += sum(live.values())
        done += sum(min(built[partition], position) for partition, position in live.items())
    return done / total if total else 1.0


def _topics(unit: MaterializedView[Any]) -> list[str]:
    return sorted({unit.messages.of(event).topic for event in unit.events})


def _checkpoints(
    unit: MaterializedView[Any], topic: str, generation: int, store: Store, hub: Hub
) -> Checkpoints:
    return Checkpoints(
        store,
        topic=topic,
        group=group_name(identity_of(unit), generation),
        partitions=hub.partitions(topic),
        start=Start.BEGINNING,
    )
