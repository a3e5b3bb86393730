"""`dlq`: dead letters are listed, shown, replayed and dropped."""

from __future__ import annotations

import argparse
import asyncio
import json
from collections.abc import AsyncIterator
from dataclasses import asdict, dataclass
from typing import Any

from chassis.clock import utc_now
from chassis.dead_letters import UNPUBLISHED, DeadLetter, DeadLetters, State
from chassis.envelope import Envelope, Outgoing
from chassis.errors import Conflict
from chassis.ops.arguments import (
    add_json,
    add_message_filters,
    add_selection,
    add_unit,
    add_yes,
    confirm,
    fits,
)
from chassis.ops.errors import OpsError
from chassis.ops.output import Output, Patience
from chassis.ops.system import System
from chassis.store.port import Commit, Store

_POLL = 0.2


@dataclass(frozen=True, slots=True)
class _Found:
    """A dead letter, its version and where it is."""

    unit: str
    letter: DeadLetter
    version: int
    store: Store


def add_to(areas: Any) -> None:
    """Add the commands to the command line."""
    area = areas.add_parser("dlq", help="dead letters: list, show, replay, drop")
    commands = area.add_subparsers(required=True, metavar="COMMAND")

    list_ = commands.add_parser("list", help="list dead letters, the oldest first")
    _add_filters(list_)
    add_json(list_)
    list_.set_defaults(run=_list)

    show = commands.add_parser("show", help="show a dead letter with its message")
    show.add_argument("id", help="the id of the dead letter")
    add_json(show)
    show.set_defaults(run=_show)

    replay = commands.add_parser("replay", help="handle messages again, in their order")
    add_selection(replay, "the ids of dead letters")
    _add_filters(replay)
    replay.add_argument(
        "--no-wait", action="store_true", help="do not wait until they were handled"
    )
    add_json(replay)
    replay.set_defaults(run=_replay)

    drop = commands.add_parser("drop", help="remove dead letters for ever")
    add_selection(drop, "the ids of dead letters")
    _add_filters(drop)
    add_yes(drop)
    add_json(drop)
    drop.set_defaults(run=_drop)


def _add_filters(parser: argparse.ArgumentParser) -> None:
    add_unit(parser)
    parser.add_argument("--group", help="only those of this consumer group")
    add_message_filters(parser)


async def _list(options: argparse.Namespace, system: System, output: Output) -> int:
    found = [each async for each in _matching(options, system)]
    output.rows([_summary(each) for each in found], empty="there are no dead letters")
    return 0


async def _show(options: argparse.Namespace, system: System, output: Output) -> int:
    options.unit = options.group = options.type = options.subject = None
    (found,) = await _chosen(options, system, [options.id])
    output.row({"unit": found.unit, **asdict(found.letter), "message": _message(found.letter)})
    return 0


async def _replay(options: argparse.Namespace, system: System, output: Output) -> int:
    chosen = await _selected(options, system)
    await _check_order(chosen)
    unpublished = [found for found in chosen if found.letter.group == UNPUBLISHED]
    await _publish_again(unpublished, system)
    chosen = [found for found in chosen if found.letter.group != UNPUBLISHED]
    for store in {id(found.store): found.store for found in chosen}.values():
        letters = [(each.letter, each.version) for each in chosen if each.store is store]
        try:
            await DeadLetters(store, utc_now).mark_for_replay(letters)
        except Conflict as error:
            raise OpsError("they were changed meanwhile: try again") from error
    if unpublished:
        output.hint(f"{len(unpublished)} are in the outbox again")
    if options.no_wait:
        output.done(f"{len(chosen)} marked for replay", marked=len(chosen))
        return 0
    left = await _wait(chosen, output)
    output.rows([_summary(each) for each in left], empty=f"{len(chosen)} replayed")
    return 1 if left else 0


async def _drop(options: argparse.Namespace, system: System, output: Output) -> int:
    chosen = await _selected(options, system)
    if options.all and chosen:
        confirm(options, f"remove {len(chosen)} dead letters for ever")
    for found in chosen:
        removal = DeadLetters(found.store, utc_now).removal(found.letter, found.version)
        try:
            await found.store.commit(Commit(deletes=(removal,)))
        except Conflict as error:
            raise OpsError(f"{found.letter.id} is being replayed") from error
    output.rows([_summary(each) for each in chosen], empty="there are no dead letters")
    return 0


async def _check_order(chosen: list[_Found]) -> None:
    """Check that no earlier message of the same aggregate would be replayed later.

    Raises:
        OpsError: One would.
    """
    letters = {found.letter.id for found in chosen}
    for store in {id(found.store): found.store for found in chosen}.values():
        earlier: dict[tuple[str, str, str], str] = {}
        for letter, _ in await DeadLetters(store, utc_now).list():
            key = letter.topic, letter.group, letter.subject
            if letter.id not in letters and letter.subject and letter.state is State.DEAD:
                earlier.setdefault(key, letter.id)
            elif letter.id in letters and key in earlier:
                raise OpsError(
                    f"{earlier[key]} comes before {letter.id}: replay both, or drop the first one"
                )


async def _publish_again(unpublished: list[_Found], system: System) -> None:
    """Put messages that the hub did not accept back into the outbox, if it accepts them now."""
    if not unpublished:
        return
    limit = (await system.hub()).max_message_bytes
    for found in unpublished:
        letter, data = found.letter, found.letter.record.data
        if len(data) > limit:
            raise OpsError(
                f"{letter.id} has {len(data)} bytes, but the event hub accepts {limit}: "
                "raise its limit, or drop it"
            )
    for found in unpublished:
        message = Outgoing.of(found.letter.topic, Envelope.from_json(found.letter.record.data))
        removal = DeadLetters(found.store, utc_now).removal(found.letter, found.version)
        try:
            await found.store.commit(Commit(deletes=(removal,), outbox=(message,)))
        except Conflict as error:
            raise OpsError(f"{found.letter.id} was changed meanwhile: try again") from error


async def _wait(chosen: list[_Found], output: Output) -> list[_Found]:
    """Wait until the processes have replayed the letters; return those that failed, in order."""
    failed: dict[tuple[str, str], _Found] = {}
    waiting = {(found.unit, found.letter.id): found for found in chosen}
    order = list(waiting)
    patience = Patience(output, "the units are not running, or are busy; what is marked stays so")
    while waiting:
        output.progress("replayed", len(chosen) - len(waiting), len(chosen))
        patience.look(len(waiting))
        for key, found in list(waiting.items()):
            now = await DeadLetters(found.store, utc_now).get(found.letter.id)
            if now is None:
                del waiting[key]
            elif now[0].state is State.DEAD:
                failed[key] = _Found(found.unit, now[0], now[1], found.store)
                del waiting[key]
        await asyncio.sleep(_POLL)
    return [failed[key] for key in order if key in failed]


async def _selected(options: argparse.Namespace, system: System) -> list[_Found]:
    if options.all:
        return [each async for each in _matching(options, system)]
    return await _chosen(options, system, options.ids)


async def _chosen(options: argparse.Namespace, system: System, ids: list[str]) -> list[_Found]:
    found = [each async for each in _matching(options, system) if each.letter.id in ids]
    if missing := set(ids) - {each.letter.id for each in found}:
        raise OpsError(
            f"there is no dead letter {', '.join(sorted(missing))}: `dlq list` shows them"
        )
    return found


async def _matching(options: argparse.Namespace, system: System) -> AsyncIterator[_Found]:
    async for unit, store in system.stores(options.unit):
        for letter, version in await DeadLetters(store, utc_now).list():
            if options.group in (None, letter.group) and fits(
                options, type=letter.type, subject=letter.subject
            ):
                yield _Found(unit.name, letter, version, store)


def _summary(found: _Found) -> dict[str, object]:
    letter = found.letter
    return {
        "id": letter.id,
        "unit": found.unit,
        "failed_at": letter.failed_at,
        "type": letter.type,
        "subject": letter.subject,
        "attempts": letter.attempts,
        "state": letter.state.value,
        "reason": letter.reason.splitlines()[0],
    }


def _message(letter: DeadLetter) -> object:
    try:
        return json.loads(letter.message)
    except ValueError:
        return letter.message
