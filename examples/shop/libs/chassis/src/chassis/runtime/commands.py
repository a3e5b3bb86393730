"""Carries out commands: load, decide, evolve, and one atomic write of state, events and inbox."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Iterable, Mapping
from contextlib import suppress
from dataclasses import asdict, dataclass, replace
from functools import reduce
from typing import Any
from uuid import UUID, uuid5
from weakref import WeakValueDictionary

from chassis.caller import Caller
from chassis.clock import Clock
from chassis.domain import Refused
from chassis.envelope import Outgoing
from chassis.errors import AlreadyHandled, NotOwner, VersionMismatch
from chassis.messages import Catalog, Command, CommandRefused, Event
from chassis.results import Outcome
from chassis.runtime.aggregates import Loaded, Repository
from chassis.runtime.answers import Answers, contexts
from chassis.runtime.conflicts import despite_conflicts
from chassis.runtime.journal import Journal
from chassis.runtime.sealer import Sealer
from chassis.service import Aggregate
from chassis.store.port import Commit, Store


@dataclass(frozen=True, slots=True, kw_only=True)
class Request:
    """A command, who gives it (None: trusted), and for which version of the aggregate (or any)."""

    command: Command
    message_id: UUID
    caller: Caller | None = None
    expected_version: int | None = None


class CommandHandler:
    """The commands of one service's aggregates."""

    def __init__(
        self,
        *,
        messages: Catalog,
        repositories: Iterable[Repository],
        answers: Answers,
        store: Store,
        journal: Journal,
        sealer: Sealer,
        clock: Clock,
    ) -> None:
        self._repositories: Mapping[type[Command], Repository] = {
            command: repository
            for repository in repositories
            for command in repository.aggregate.commands
        }
        self._messages = messages
        self._answers = answers
        self._store = store
        self._journal = journal
        self._sealer = sealer
        self._clock = clock
        self._locks: WeakValueDictionary[tuple[type, str], asyncio.Lock] = WeakValueDictionary()

    def knows(self, command: type[Command]) -> bool:
        """Return whether an aggregate of this service decides on `command`."""
        return command in self._repositories

    async def handle(self, request: Request) -> Outcome:
        """See `ServiceRuntime.handle`."""
        # Those who want the same aggregate at once wait here, instead of conflicting in the store.
        async with self._lock(request.command):
            if (handled := await self._store.handled(str(request.message_id))) is not None:
                return _recorded(handled.result)
            try:
                return await despite_conflicts(lambda: self._attempt(request))
            except AlreadyHandled as handled_elsewhere:
                return _recorded(handled_elsewhere.result)

    async def carry_out(self, command: Command, message_id: UUID) -> None:
        """Handle a command that came over the hub or from a policy; a refusal is an answer, too."""
        try:
            await self.handle(Request(command=command, message_id=message_id))
        except Refused as refused:
            with suppress(AlreadyHandled):
                await self._journal.commit(
                    Commit(
                        inbox=str(message_id),
                        result=json.dumps({"refused": refused.rule}),
                        outbox=(self._refusal(command, message_id, refused.rule),),
                    )
                )

    async def _attempt(self, request: Request) -> Outcome:
        repository = self._repositories[type(request.command)]
        id = self._id(request.command)
        before = await repository.load(id)
        _check_before(repository.aggregate, before, request)
        events = await self._decide(repository.aggregate, before.state, request)
        state = reduce(repository.aggregate.evolve, events, before.state)
        check_owner(repository.aggregate, request.caller, state)
        outcome = Outcome(
            id=UUID(id),
            version=before.version + len(events),
            events=tuple(type(event).__name__ for event in events),
            created=before.state is None and state is not None,
        )
        outbox = self._sealed(events, request.message_id, before.version)
        written = tuple(out.envelope for out in outbox)
        await self._journal.commit(
            replace(
                repository.write(id, before, state, written) if events else Commit(),
                outbox=outbox,
                inbox=str(request.message_id),
                result=json.dumps(asdict(outcome), default=str),
            )
        )
        return outcome

    async def _decide(
        self, aggregate: Aggregate[Any, Any, Any], state: Any, request: Request
    ) -> tuple[Event, ...]:
        return await self._answers.decide(
            lambda context: aggregate.decide(request.command, state, context),
            contexts(request.message_id, self._clock()),
        )

    def _sealed(
        self, events: tuple[Event, ...], message_id: UUID, version: int
    ) -> tuple[Outgoing, ...]:
        return tuple(
            self._sealer.seal(
                event,
                id=uuid5(message_id, f"event:{number}"),
                causation_id=message_id,
                sequence=version + number,
            )
            for number, event in enumerate(events, 1)
        )

    def _refusal(self, command: Command, message_id: UUID, rule: str) -> Outgoing:
        aggregate = self._repositories[type(command)].aggregate
        return self._sealer.seal_refusal(
            CommandRefused(command=self._messages.of(type(command)).name, rule=rule),
            id=uuid5(message_id, "refused"),
            causation_id=message_id,
            topic=self._messages.of(aggregate.events[0]).topic,
            subject=self._id(command),
        )

    def _id(self, command: Command) -> str:
        return str(getattr(command, self._repositories[type(command)].aggregate.id))

    def _lock(self, command: Command) -> asyncio.Lock:
        key = self._repositories[type(command)].aggregate.state, self._id(command)
        return self._locks.setdefault(key, asyncio.Lock())


def check_owner(aggregate: Aggregate[Any, Any, Any], caller: Caller | None, holder: object) -> None:
    """Raise `NotOwner` if `holder`, a state or a command, says that the aggregate is another's."""
    if caller is None or aggregate.owner is None:
        return
    if getattr(holder, aggregate.owner, caller.id) != caller.id:
        raise NotOwner


def _check_before(aggregate: Aggregate[Any, Any, Any], before: Loaded, request: Request) -> None:
    """Of an aggregate that does not exist yet, the command itself may say whose it will be."""
    holder = request.command if before.state is None else before.state
    check_owner(aggregate, request.caller, holder)
    if request.expected_version not in (None, before.version):
        raise VersionMismatch(expected=request.expected_version or 0, actual=before.version)


def _recorded(result: str | None) -> Outcome:
    """Return, or raise, once more what came of a command."""
    recorded = json.loads(result or "{}")
    if "refused" in recorded:
        raise Refused(recorded["refused"])
    return Outcome(
        id=UUID(recorded["id"]),
        version=recorded["version"],
        events=tuple(recorded["events"]),
        created=recorded["created"],
        replayed=True,
    )
