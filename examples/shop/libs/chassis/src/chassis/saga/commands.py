"""The commands of a saga: their content, their ids and what answers them."""

from __future__ import annotations

import re
from dataclasses import replace
from typing import Any
from uuid import UUID, uuid5

from chassis.identity import identity_of
from chassis.messages import Command, Event, decoded
from chassis.saga.declaration import Answers, Saga
from chassis.saga.instance import Action, Instance, Progress, Sent

_NAMESPACE = UUID("5f0c3c1e-6a86-4f2b-9d0a-6a1f0b1c8f5d")


class Commands:
    """The commands of one declared saga.

    The id of a command is the same whenever its transition is repeated, so it is carried out once.
    Another instance has other ids, and so has another attempt: a service answers an id only once.
    """

    def __init__(self, saga: Saga[Any]) -> None:
        self._saga = saga
        self._identity = identity_of(saga)

    def of(self, instance: Instance, sent: Sent) -> Command:
        """Return the command that was recorded as `sent`."""
        start = self._start(instance)
        if sent.action is Action.ON_FAILURE:
            assert self._saga.on_failure is not None
            return self._saga.on_failure.do(start, instance.failure or "")
        step = self._saga.steps[sent.step]
        if sent.action is Action.DO:
            return step.commands(start)[sent.item]
        command = step.compensation(start, sent.item)
        assert command is not None
        return command

    def answers(self, sent: Sent) -> tuple[Answers, Answers]:
        """Return the events that report success, and those that report failure."""
        if sent.action is Action.ON_FAILURE:
            return self._saga.on_failure.done if self._saga.on_failure else (), ()
        step = self._saga.steps[sent.step]
        return (step.done, step.failed) if sent.action is Action.DO else (step.undone, ())

    def of_step(self, instance: Instance, step: int) -> tuple[Sent, ...]:
        """Return the commands of a step."""
        items = range(len(self._saga.steps[step].commands(self._start(instance))))
        return tuple(self._sent(instance, step, item, Action.DO) for item in items)

    def compensations(self, instance: Instance, step: int) -> tuple[Sent, ...]:
        """Return the compensations that are due for a step, the last item first."""
        if self._saga.steps[step].undo is None:
            return ()
        return tuple(
            self._sent(instance, step, sent.item, Action.UNDO)
            for sent in reversed(instance.sent)
            if sent.step == step and sent.action is Action.DO and sent.progress is Progress.DONE
        )

    def on_failure(self, instance: Instance) -> Sent:
        """Return the last command after a failure."""
        return self._sent(instance, instance.step, 0, Action.ON_FAILURE)

    def next_attempt(self, instance: Instance, sent: Sent) -> Sent:
        """Return the next attempt of a refused command."""
        attempt = sent.attempt + 1
        again = self._sent(instance, sent.step, sent.item, sent.action, attempt)
        return replace(again, reason=sent.reason)

    def has_undone_twin(self, instance: Instance, sent: Sent) -> bool:
        """Return whether an equal compensation is done, so a refusal means "already undone".

        For example, two lines of an order reserve the same product: one command releases both.
        """
        command = self.of(instance, sent)
        return any(
            other.action is Action.UNDO
            and other.progress is Progress.DONE
            and self.of(instance, other) == command
            for other in instance.sent
        )

    def refusal(self, instance: Instance, sent: Sent) -> str:
        """Return which command was refused, and why."""
        return f"{type(self.of(instance, sent)).__name__}: {sent.reason}"

    def _sent(
        self, instance: Instance, step: int, item: int, action: Action, attempt: int = 1
    ) -> Sent:
        place = action if action is Action.ON_FAILURE else f"{step}:{item}:{action}"
        name = f"{self._identity}:{instance.id}:{place}"
        id = uuid5(_NAMESPACE, name if attempt == 1 else f"{name}:{attempt}")
        return Sent(id=id, step=step, item=item, action=action, attempt=attempt)

    def _start(self, instance: Instance) -> Event:
        start: Event = decoded(self._saga.starts_on, instance.start)
        return start


def reason_of(event: Event) -> str:
    """Return the `reason` of an event, else its name in words."""
    reason = getattr(event, "reason", None)
    if isinstance(reason, str) and reason:
        return reason
    return re.sub(r"(?<=[a-z0-9])(?=[A-Z])", " ", type(event).__name__).lower()
