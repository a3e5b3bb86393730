"""`saga`: instances of sagas are listed and shown, and stuck ones are continued."""

from __future__ import annotations

import argparse
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any, TypeAlias

from chassis.clock import utc_now
from chassis.errors import Conflict
from chassis.identity import identity_of
from chassis.ops.arguments import add_json, add_limit, add_unit, add_yes, confirm, since
from chassis.ops.errors import OpsError
from chassis.ops.output import Output
from chassis.ops.system import System
from chassis.runtime.envelopes import EnvelopeFactory
from chassis.runtime.work import Work
from chassis.saga.engine import SagaEngine
from chassis.saga.instance import Instance, Status
from chassis.service import Service
from chassis.store.port import Store

_PAGE = 200

_Move: TypeAlias = Callable[[SagaEngine, str, Work], Awaitable[None]]


@dataclass(frozen=True, slots=True)
class _Found:
    """An instance, and where it is."""

    unit: str
    instance: Instance
    engine: SagaEngine
    store: Store

    @property
    def is_overdue(self) -> bool:
        """Whether it has not ended although its deadline has passed."""
        instance, deadline = self.instance, self.engine.saga.deadline
        if instance.ended or deadline is None or instance.started_at is None:
            return False
        return instance.started_at + deadline < utc_now()


def add_to(areas: Any) -> None:
    """Add the commands to the command line."""
    area = areas.add_parser("saga", help="sagas: list, show, resume, settle")
    commands = area.add_subparsers(required=True, metavar="COMMAND")

    list_ = commands.add_parser("list", help="list instances, the oldest first")
    add_unit(list_)
    list_.add_argument("--saga", help="only those of this saga")
    list_.add_argument("--state", choices=[each.value for each in Status], help="only these")
    list_.add_argument("--key", help="only those with this key, e.g. an id of an order")
    list_.add_argument("--overdue", action="store_true", help="only those past their deadline")
    list_.add_argument(
        "--older-than",
        type=since,
        metavar="AGE|TIME",
        help="only those that started before, e.g. 30m",
    )
    add_limit(list_)
    add_json(list_)
    list_.set_defaults(run=_list)

    show = commands.add_parser("show", help="show an instance with its commands")
    show.add_argument("id", help="the id of the instance")
    add_json(show)
    show.set_defaults(run=_show)

    resume = commands.add_parser("resume", help="send the refused commands of stuck ones again")
    resume.add_argument("ids", nargs="+", metavar="ID", help="the ids of instances")
    add_json(resume)
    resume.set_defaults(run=_resume)

    settle = commands.add_parser(
        "settle", help="go on as if the missing commands were done: somebody did it by hand"
    )
    settle.add_argument("ids", nargs="+", metavar="ID", help="the ids of instances")
    add_yes(settle)
    add_json(settle)
    settle.set_defaults(run=_settle)


async def _list(options: argparse.Namespace, system: System, output: Output) -> int:
    found: list[_Found] = []
    async for each in _matching(options, system):
        if len(found) == options.limit:
            output.hint(f"there are more than {options.limit}: see --limit")
            break
        found.append(each)
    output.rows([_summary(each) for each in found], empty="there are no such sagas")
    return 0


async def _show(options: argparse.Namespace, system: System, output: Output) -> int:
    found = await _find(options.id, system)
    instance = {**asdict(found.instance), "sent": [asdict(each) for each in found.instance.sent]}
    output.row({"unit": found.unit, "saga": found.engine.saga.name, **instance})
    return 0


async def _resume(options: argparse.Namespace, system: System, output: Output) -> int:
    return await _move(options.ids, system, output, SagaEngine.resume, "it is not stuck")


async def _settle(options: argparse.Namespace, system: System, output: Output) -> int:
    confirm(options, f"count what is missing in {len(options.ids)} sagas as done")
    return await _move(options.ids, system, output, SagaEngine.settle, "it has ended")


async def _move(ids: list[str], system: System, output: Output, move: _Move, otherwise: str) -> int:
    """Make a transition of each instance; `otherwise` says why there was none."""
    found = [await _find(id, system) for id in dict.fromkeys(ids)]
    rows, unchanged = [], 0
    for each in found:
        changed = await _move_one(each, move)
        now = await _find(each.instance.id, system)
        unchanged += not changed
        rows.append(
            {
                "id": now.instance.id,
                "state": now.instance.status.value,
                "result": "changed" if changed else f"unchanged: {otherwise}",
            }
        )
    output.rows(rows, empty="")
    return 1 if unchanged else 0


async def _move_one(found: _Found, move: _Move) -> bool:
    while True:
        work = Work(found.store)
        await move(found.engine, found.instance.id, work)
        if not work.mark:
            return False
        try:
            await found.store.commit(work.changes)
        except Conflict:  # an answer has just arrived
            continue
        return True


async def _find(id: str, system: System) -> _Found:
    async for unit, store in system.stores(None):
        if isinstance(unit, Service):
            for engine in await _engines(unit, store):
                if (stored := await engine.instances.get(store, id)) is not None:
                    return _Found(unit.name, stored.state, engine, store)
    raise OpsError(f"there is no saga with the id {id!r}: `saga list` shows the ids")


async def _matching(options: argparse.Namespace, system: System) -> AsyncIterator[_Found]:
    names = set()
    async for unit, store in system.stores(options.unit):
        if isinstance(unit, Service):
            for engine in await _engines(unit, store):
                names.add(engine.saga.name)
                if options.saga in (None, engine.saga.name):
                    async for instance in _instances(engine, options):
                        found = _Found(unit.name, instance, engine, store)
                        if _matches(found, options):
                            yield found
    if options.saga is not None and options.saga not in names:
        raise OpsError(f"there is no saga {options.saga!r}: {', '.join(sorted(names)) or 'none'}")


async def _instances(engine: SagaEngine, options: argparse.Namespace) -> AsyncIterator[Instance]:
    where, cursor = {"status": options.state, "key": options.key}, None
    while True:
        page = await engine.instances.search({}, where, ("started_at",), _PAGE, cursor)
        for instance in page.items:
            yield instance
        if (cursor := page.next) is None:
            return


def _matches(found: _Found, options: argparse.Namespace) -> bool:
    before: datetime | None = options.older_than
    started = found.instance.started_at
    old = before is None or (started is not None and started < before)
    return old and (found.is_overdue or not options.overdue)


async def _engines(service: Service, store: Store) -> list[SagaEngine]:
    envelopes = EnvelopeFactory(identity_of(service), service.messages, utc_now)
    engines = [SagaEngine(saga, store, envelopes, utc_now) for saga in service.sagas]
    await store.prepare(tuple(each for engine in engines for each in engine.collections))
    return engines


def _summary(found: _Found) -> dict[str, object]:
    instance = found.instance
    return {
        "id": instance.id,
        "unit": found.unit,
        "saga": found.engine.saga.name,
        "key": instance.key,
        "state": instance.status.value,
        "step": instance.step,
        "overdue": found.is_overdue,
        "started_at": instance.started_at,
        "updated_at": instance.updated_at,
        "reason": instance.refusal or instance.failure,
    }
