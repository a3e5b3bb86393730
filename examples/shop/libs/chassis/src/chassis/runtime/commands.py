"""Command handling: load, decide, evolve, and one atomic write of state, events and inbox."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass
from types import MappingProxyType
from typing import Any
from uuid import UUID, uuid4, uuid5
from weakref import WeakValueDictionary

from chassis import deadline
from chassis.caller import Caller
from chassis.clock import Clock
from chassis.domain import Refused, evolved
from chassis.envelope import Outgoing
from chassis.errors import AlreadyHandled, KeyReused, NotOwner, VersionMismatch
from chassis.messages import (
    Catalog,
    Command,
    CommandHandled,
    CommandRefused,
    CommandReply,
    Event,
)
from chassis.results import Outcome
from chassis.runtime.aggregates import Loaded, Repository
from chassis.runtime.committer import Committer
from chassis.runtime.decisions import DecisionRunner, contexts
from chassis.runtime.envelopes import EnvelopeFactory
from chassis.runtime.retries import retry_on_conflict
from chassis.runtime.work import Work
from chassis.service import Aggregate
from chassis.store.port import Commit, Received, Store
from chassis.telemetry import Telemetry

# From these and the id of the command, the id of a reply is made.
_REPLY_IDS: Mapping[type[CommandReply], str] = MappingProxyType(
    {CommandRefused: "refused", CommandHandled: "handled"}
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Request:
    """A command to handle.

    Attributes:
        command: The command.
        message_id: The id of the command; a command is handled once for each id.
        caller: The caller; None for a trusted sender.
        expected_version: The version that the aggregate must have; None for any.
        fingerprint: Tells this command from others with the same id; None if there are none.
    """

    command: Command
    message_id: UUID
    caller: Caller | None = None
    expected_version: int | None = None
    fingerprint: str | None = None


class CommandHandler:
    """Handles the commands of the aggregates of one service."""

    def __init__(
        self,
        *,
        messages: Catalog,
        repositories: Iterable[Repository],
        decisions: DecisionRunner,
        store: Store,
        committer: Committer,
        envelopes: EnvelopeFactory,
        clock: Clock,
        telemetry: Telemetry,
    ) -> None:
        self._telemetry = telemetry
        self._repositories: Mapping[type[Command], Repository] = {
            command: repository
            for repository in repositories
            for command in repository.aggregate.commands
        }
        self._messages = messages
        self._decisions = decisions
        self._store = store
        self._committer = committer
        self._envelopes = envelopes
        self._clock = clock
        self._locks: WeakValueDictionary[tuple[type, str], asyncio.Lock] = WeakValueDictionary()

    def handles(self, command: type[Command]) -> bool:
        """Return whether an aggregate of this service handles `command`."""
        return command in self._repositories

    async def handle(self, request: Request) -> Outcome:
        """See `ServiceRuntime.handle`."""
        type = self._messages.of(request.command.__class__).name
        try:
            with self._telemetry.tracer.command(type):
                return await self._handle(request, type)
        except Refused:
            self._telemetry.metrics.command(type, "refused")
            raise
        except Exception:
            self._telemetry.metrics.command(type, "failed")
            raise

    async def _handle(self, request: Request, type: str) -> Outcome:
        # Concurrent commands on one aggregate wait here instead of conflicting in the store.
        async with self._lock(request.command):
            deadline.check()
            try:
                return await retry_on_conflict(lambda: self._attempt(request))
            except AlreadyHandled as handled:
                result = handled.results[str(request.message_id)]
                return self._repeated(result, request, type)
            except (Refused, NotOwner, VersionMismatch):
                # A repeated request may be refused because it has succeeded before.
                results = await self._store.handled((str(request.message_id),))
                if not results:
                    raise
                return self._repeated(results[str(request.message_id)], request, type)

    def _repeated(self, result: str | None, request: Request, type: str) -> Outcome:
        outcome = _recorded(result, request.fingerprint)
        self._telemetry.metrics.command(type, "repeated")
        return outcome

    async def carry_out(
        self, command: Command, message_id: UUID, work: Work, *, acknowledge: bool = False
    ) -> None:
        """Handle a command from the hub or a policy, and answer it.

        Its events are the answer, or `CommandRefused` if a rule does not hold.

        Args:
            command: The command.
            message_id: The id of the command; it is handled once for each id.
            work: Takes the effects.
            acknowledge: Whether to answer with `CommandHandled` if there are no events, because the
                sender may wait.
        """
        if work.handled(str(message_id)):
            return
        name = self._messages.of(type(command)).name
        try:
            with self._telemetry.tracer.command(name):
                outcome = await self._decide(Request(command=command, message_id=message_id), work)
        except Refused as refused:
            received = Received(str(message_id), json.dumps({"refused": refused.rule}))
            refusal = CommandRefused(command=name, rule=refused.rule)
            work.add(Commit(inbox=(received,), outbox=(self._reply(refusal, command, message_id),)))
            work.decided(name, "refused")
        else:
            if acknowledge and not outcome.events:
                handled = CommandHandled(command=name)
                work.add(Commit(outbox=(self._reply(handled, command, message_id),)))

    async def record(self, *events: Event) -> None:
        """Write `events` as what has happened to an aggregate, without a command."""
        repository = next(
            each for each in self._repositories.values() if type(events[0]) in each.aggregate.events
        )
        aggregate, work = repository.aggregate, Work(self._store)
        id = str(getattr(events[0], aggregate.id))
        before = await repository.load(work, id)
        outbox = self._wrapped(events, uuid4(), before.version)
        repository.write(work, id, before, evolved(aggregate.evolve, before.state, events), outbox)
        work.add(Commit(outbox=outbox))
        await self._committer.commit(work)

    async def _attempt(self, request: Request) -> Outcome:
        work = Work(self._store)
        outcome = await self._decide(request, work)
        await self._committer.commit(work)
        return outcome

    async def _decide(self, request: Request, work: Work) -> Outcome:
        """Add the effects of a command to `work`, if it is not refused."""
        repository = self._repositories[type(request.command)]
        aggregate, id = repository.aggregate, self._id(request.command)
        before = await repository.load(work, id)
        _check_before(aggregate, before, request)
        events = await self._decisions.decide(
            lambda context: aggregate.decide(request.command, before.state, context),
            contexts(request.message_id, self._clock()),
            work,
        )
        state = evolved(aggregate.evolve, before.state, events)
        if before.state is None:
            check_owner(aggregate, request.caller, state)
        outcome = Outcome(
            id=UUID(id),
            version=before.version + len(events),
            events=tuple(type(event).__name__ for event in events),
            created=before.state is None and state is not None,
        )
        outbox = self._wrapped(events, request.message_id, before.version)
        if events:
            repository.write(work, id, before, state, outbox)
        received = Received(str(request.message_id), _record(outcome, request.fingerprint))
        work.add(Commit(inbox=(received,), outbox=outbox))
        work.decided(self._messages.of(type(request.command)).name, "accepted")
        return outcome

    def _wrapped(
        self, events: tuple[Event, ...], message_id: UUID, version: int
    ) -> tuple[Outgoing, ...]:
        return tuple(
            self._envelopes.wrap(
                event,
                id=uuid5(message_id, f"event:{number}"),
                causation_id=message_id,
                sequence=version + number,
            )
            for number, event in enumerate(events, 1)
        )

    def _reply(self, reply: CommandReply, command: Command, message_id: UUID) -> Outgoing:
        aggregate = self._repositories[type(command)].aggregate
        return self._envelopes.wrap_reply(
            reply,
            id=uuid5(message_id, _REPLY_IDS[type(reply)]),
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
    """Check that the aggregate belongs to the caller.

    Args:
        aggregate: The declaration of the aggregate.
        caller: The caller; None for a trusted sender.
        holder: The state, or the command, whose field names the owner, or the owners.

    Raises:
        NotOwner: The aggregate belongs to another user.
    """
    if caller is None or aggregate.owner is None:
        return
    if not caller.owns(getattr(holder, aggregate.owner, caller.id)):
        raise NotOwner


def _check_before(aggregate: Aggregate[Any, Any, Any], before: Loaded, request: Request) -> None:
    """Check owner and version. The command names the owner of an aggregate that it creates."""
    holder = request.command if before.state is None else before.state
    check_owner(aggregate, request.caller, holder)
    if request.expected_version not in (None, before.version):
        raise VersionMismatch(expected=request.expected_version or 0, actual=before.version)


def _record(outcome: Outcome, fingerprint: str | None) -> str:
    told_apart = {} if fingerprint is None else {"fingerprint": fingerprint}
    return json.dumps(asdict(outcome) | told_apart, default=str)


def _recorded(result: str | None, fingerprint: str | None) -> Outcome:
    """Return the recorded outcome of a command, or raise its recorded refusal.

    Raises:
        KeyReused: The recorded command has another fingerprint.
    """
    recorded = json.loads(result or "{}")
    if fingerprint is not None and recorded.get("fingerprint", fingerprint) != fingerprint:
        raise KeyReused
    if "refused" in recorded:
        raise Refused(recorded["refused"])
    return Outcome(
        id=UUID(recorded["id"]),
        version=recorded["version"],
        events=tuple(recorded["events"]),
        created=recorded["created"],
        replayed=True,
    )
