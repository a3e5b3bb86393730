"""The transitions of a saga: pure functions from an instance and an event to the next one."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime
from typing import Any, TypeAlias
from uuid import UUID

from chassis.messages import CommandHandled, CommandRefused, Event, encoded
from chassis.saga.commands import Commands, reason_of
from chassis.saga.declaration import Saga, answers
from chassis.saga.instance import Action, Instance, Progress, Sent, Status, instance_id
from chassis.saga.schedule import TimerKind, changes, exhausted, pause, timers
from chassis.saga.transition import Dispatch, Transition

DEADLINE_PASSED = "deadline passed"


_Step: TypeAlias = tuple[Instance, tuple[Sent, ...]]


class Process:
    """The transitions of one declared saga."""

    def __init__(self, saga: Saga[Any]) -> None:
        self._saga = saga
        self._commands = Commands(saga)

    def begin(
        self,
        event: Event,
        *,
        cause: UUID,
        correlation_id: UUID,
        now: datetime,
        traceparent: str | None = None,
    ) -> Transition:
        """Return the transition when `event`, whose id is `cause`, starts an instance."""
        key = str(getattr(event, self._saga.id))
        instance = Instance(
            id=instance_id(key, cause),
            key=key,
            correlation_id=correlation_id,
            cause=cause,
            start=encoded(event),
            traceparent=traceparent,
            started_at=now,
        )
        return self._transition(None, self._next_step(instance), now)

    def answered(
        self, instance: Instance, command_id: UUID, event: Event, now: datetime
    ) -> Transition | None:
        """Return the transition when `event` answers a command; None if it is not an answer.

        `CommandHandled` is success, whatever events are declared: there was nothing to do any more.
        """
        sent = instance.awaited(command_id)
        if sent is None:
            return None
        done, failed = self._commands.answers(sent)
        if isinstance(event, CommandRefused):
            reason: str | None = event.rule
        elif isinstance(event, answers(failed)):
            reason = reason_of(event)
        elif isinstance(event, (CommandHandled, *answers(done))):
            reason = None
        else:
            return None
        marked = self._marked(self._reopened(instance), sent, reason)
        return self._transition(instance, self._proceed(marked, now), now)

    def deadline(self, instance: Instance, now: datetime) -> Transition:
        """Return the transition when the deadline has passed. From the pivot on, it waits."""
        if instance.ended or instance.turned_back:
            moved: _Step = instance, ()
        elif instance.step >= self._saga.pivot:
            moved = replace(instance, overdue=True), ()
        else:
            failure = instance.failure or DEADLINE_PASSED
            moved = self._turn_back(replace(instance, failure=failure), now)
        return self._transition(instance, moved, now, fired=TimerKind.DEADLINE)

    def retry(self, instance: Instance, now: datetime) -> Transition:
        """Return the transition when refused commands are to be sent again."""
        due = instance.retry_at is not None
        moved = self._send_again(instance) if due else (instance, ())
        return self._transition(instance, moved, now, fired=TimerKind.RETRY)

    def resume(self, instance: Instance, now: datetime) -> Transition | None:
        """Return the transition when somebody resumes a stuck instance; None if it is not stuck."""
        if instance.status is not Status.STUCK:
            return None
        return self._transition(instance, self._send_again(instance), now)

    def settle(self, instance: Instance, now: datetime) -> Transition | None:
        """Return the transition when somebody has done by hand what is missing.

        Commands that were refused, or whose answers are missing, count as done.

        Returns:
            The transition, or None if the instance has ended.
        """
        if instance.ended:
            return None
        settled = [
            sent
            for sent in instance.sent
            if sent.progress is Progress.SENT or sent in self._refused(instance)
        ]
        for sent in settled:
            instance = _changed(instance, sent, replace(sent, progress=Progress.DONE))
        return self._transition(instance, self._proceed(_unstuck(instance), now), now)

    def _proceed(self, instance: Instance, now: datetime) -> _Step:
        """Go on when every answer has arrived."""
        if instance.waiting:
            return instance, ()
        if instance.turned_back:
            return self._back(instance, now)
        if not self._refused(instance):
            return self._next_step(instance)
        if self._committed(instance):
            return self._hold(instance, now)
        return self._turn_back(instance, now)

    def _next_step(self, instance: Instance) -> _Step:
        """Start the next step that has commands; after the last one the saga is completed."""
        instance = replace(instance, failure=None, refusal=None)
        for number in range(instance.step + 1, len(self._saga.steps)):
            if commands := self._commands.of_step(instance, number):
                return _sending(replace(instance, step=number), commands)
        return replace(instance, status=Status.COMPLETED), ()

    def _turn_back(self, instance: Instance, now: datetime) -> _Step:
        turned = replace(instance, status=Status.COMPENSATING, turned_back=True)
        return self._proceed(turned, now)

    def _back(self, instance: Instance, now: datetime) -> _Step:
        """Compensate for the last step that is not compensated yet; after the first one, end."""
        if self._refused(instance):
            return self._hold(instance, now)
        instance = replace(instance, refusal=None)
        for number in range(instance.step, -1, -1):
            if commands := self._commands.compensations(instance, number):
                return _sending(_undone(instance, commands), commands)
        last = next((s for s in instance.sent if s.action is Action.ON_FAILURE), None)
        if last is None and self._saga.on_failure is not None:
            return _sending(instance, (self._commands.on_failure(instance),))
        if last is not None and last.progress is Progress.FAILED:
            instance = replace(instance, refusal=self._commands.refusal(instance, last))
        return replace(instance, status=Status.FAILED), ()

    def _hold(self, instance: Instance, now: datetime) -> _Step:
        """Wait for the next attempt of refused commands; after the last one it is stuck."""
        refused = self._refused(instance)
        instance = replace(instance, refusal=self._commands.refusal(instance, refused[0]))
        if any(exhausted(sent.attempt) for sent in refused):
            return replace(instance, status=Status.STUCK), ()
        retry_at = now + max(pause(sent.attempt) for sent in refused)
        return replace(instance, retry_at=retry_at), ()

    def _send_again(self, instance: Instance) -> _Step:
        again = []
        for sent in self._refused(instance):
            again.append(self._commands.next_attempt(instance, sent))
            instance = _changed(instance, sent, again[-1])
        return _unstuck(instance), tuple(again)

    def _refused(self, instance: Instance) -> list[Sent]:
        """Return the refused commands of the current step, or the refused compensations."""
        action = Action.UNDO if instance.turned_back else Action.DO
        return [s for s in instance.sent if s.action is action and s.progress is Progress.FAILED]

    def _committed(self, instance: Instance) -> bool:
        """Return whether something is done that cannot be undone."""
        return any(
            sent.step >= self._saga.pivot and sent.progress is Progress.DONE
            for sent in instance.sent
        )

    def _marked(self, instance: Instance, sent: Sent, reason: str | None) -> Instance:
        """Record an answer; `reason` is None for success."""
        refused = sent.action is Action.UNDO and reason is not None
        if refused and self._commands.has_undone_twin(instance, sent):
            reason = None
        progress = Progress.FAILED if reason is not None else Progress.DONE
        instance = _changed(instance, sent, replace(sent, progress=progress, reason=reason))
        failure = instance.failure if instance.turned_back else instance.failure or reason
        return replace(instance, failure=failure)

    def _reopened(self, instance: Instance) -> Instance:
        """Return an instance that an earlier version ended with answers still on their way."""
        if not instance.ended:
            return instance
        last = replace(self._commands.on_failure(instance), progress=Progress.DONE)
        sent = (*instance.sent, last)
        return replace(instance, status=Status.COMPENSATING, turned_back=True, sent=sent)

    def _transition(
        self,
        before: Instance | None,
        moved: _Step,
        now: datetime,
        fired: TimerKind | None = None,
    ) -> Transition:
        """Return the transition to `moved`; a timer that has fired is dropped or set again."""
        instance, sent = moved
        limit = self._saga.deadline
        set_before = timers(before, limit) if before else {}
        changed = changes(set_before, timers(instance, limit))
        awaited = before.awaited_ids - instance.awaited_ids if before else frozenset()
        return Transition(
            instance=replace(instance, updated_at=now),
            dispatches=tuple(
                Dispatch(id=s.id, command=self._commands.of(instance, s)) for s in sent
            ),
            answered=tuple(sorted(awaited)),
            timers={fired: None, **changed} if fired else changed,
        )


def _sending(instance: Instance, commands: tuple[Sent, ...]) -> _Step:
    return replace(instance, sent=instance.sent + commands), commands


def _changed(instance: Instance, before: Sent, after: Sent) -> Instance:
    return replace(instance, sent=tuple(after if s == before else s for s in instance.sent))


def _undone(instance: Instance, compensations: tuple[Sent, ...]) -> Instance:
    """Record that compensations are sent."""
    places = {(sent.step, sent.item) for sent in compensations}
    return replace(
        instance,
        sent=tuple(
            replace(s, progress=Progress.UNDONE)
            if s.action is Action.DO and (s.step, s.item) in places
            else s
            for s in instance.sent
        ),
    )


def _unstuck(instance: Instance) -> Instance:
    status = Status.COMPENSATING if instance.turned_back else Status.RUNNING
    return replace(instance, status=status, retry_at=None)
