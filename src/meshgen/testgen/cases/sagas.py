"""Tests of sagas: success, the failure of each step that can fail, and the deadline."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace

from meshgen.naming import snake, words
from meshgen.spec.expressions.values import Bindings, EvaluationError, Value
from meshgen.spec.model import Dispatch, Ref, Saga, Step
from meshgen.system.index import Index
from meshgen.system.model import SagaLine, SagaTest, SagaTests
from meshgen.testgen.cases.example_events import ExampleEvents
from meshgen.testgen.cases.values import Shared, value_of, valued
from meshgen.testgen.examples.model import EventValue

_DEADLINE_PASSED = "deadline passed"  # as in `chassis.saga.process`
_RULES = {"creates": "already_exists", "acts": "not_found"}


def saga_tests(saga: Saga, index: Index, example_events: ExampleEvents) -> SagaTests | None:
    """Return the tests, or None if an event lacks an example."""
    start = example_events.event(saga.starts_on)
    if start is None:
        return None
    try:
        return _Cases(saga, index, example_events, start).tests()
    except (_NoExampleError, EvaluationError):
        return None


class _NoExampleError(Exception):
    """An event that replies to a command of the saga lacks an example."""


class _Cases:
    """The test cases of a saga, for an example of the event that starts it."""

    def __init__(
        self, saga: Saga, index: Index, example_events: ExampleEvents, start: EventValue
    ) -> None:
        self._saga = saga
        self._steps = saga.steps
        self._index = index
        self._examples = example_events
        self._start = start
        self._shared = Shared(example_events.ids)

    def tests(self) -> SagaTests:
        """Return the tests with their constants."""
        start = self._shared.name(self._start)
        paths = (*self._answers(), *self._deadlines())
        tests = tuple(SagaTest(function=name, lines=tuple(lines)) for name, lines in paths)
        return SagaTests(start=start, tests=tests, constants=self._shared.constants())

    def _answers(self) -> Iterator[tuple[str, list[SagaLine]]]:
        """Yield the tests of success and failure."""
        yield "completes", self._success()
        for number, step in enumerate(self._steps):
            if step.failed:
                yield self._failure_name(step), self._failure(number)
        for pivot in self._steps[self._saga.pivot : self._saga.pivot + 1]:
            if rule := self._rule(pivot):
                name = f"is_compensated_after_{snake(pivot.do.command.name)}_is_refused"
                yield name, self._refusal(self._saga.pivot, rule)

    def _deadlines(self) -> Iterator[tuple[str, list[SagaLine]]]:
        """Yield the tests of the deadline, before the pivot and while it is on its way."""
        if self._saga.deadline is None:
            return
        if self._saga.pivot > 0:
            yield "is_compensated_after_its_deadline", self._deadline()
        for pivot in self._steps[self._saga.pivot : self._saga.pivot + 1]:
            name = f"waits_for_{snake(pivot.do.command.name)}_past_its_deadline"
            yield name, self._success(late=pivot)

    def _failure_name(self, step: Step) -> str:
        """Name the test after the event, and the command if several fail by the same event."""
        event = step.failed[0]
        function = f"is_compensated_after_{snake(event.name)}"
        if [other.failed[:1] for other in self._steps].count((event,)) > 1:
            return f"{function}_of_{snake(step.do.command.name)}"
        return function

    def _success(self, late: Step | None = None) -> list[SagaLine]:
        """All steps are done, `late` after the deadline."""
        return [replace(self._done(step), late=step is late) for step in self._steps]

    def _failure(self, failing: int) -> list[SagaLine]:
        """The commands of a step fail by an event."""
        step = self._steps[failing]
        failed = step.failed[0]
        fields = dict(self._reply(failed, self._commands(step, step.do)[0]).fields)
        reason = fields.get("reason", words(failed.name))
        return [
            *(self._done(earlier) for earlier in self._steps[:failing]),
            self._line(step, step.do, lambda command: self._reply(failed, command)),
            *self._compensated(failing, reason),
        ]

    def _refusal(self, failing: int, rule: str) -> list[SagaLine]:
        """The commands of a step are refused."""
        step = self._steps[failing]
        name = step.do.command.name
        refusal = EventValue("CommandRefused", (("command", name), ("rule", rule)))
        return [
            *(self._done(earlier) for earlier in self._steps[:failing]),
            self._line(step, step.do, lambda _: refusal),
            *self._compensated(failing, rule),
        ]

    def _deadline(self) -> list[SagaLine]:
        """The deadline passes while the commands of the first step are on their way."""
        late = replace(self._done(self._steps[0]), late=True)
        return [late, *self._compensated(1, _DEADLINE_PASSED)]

    def _rule(self, step: Step) -> str | None:
        """Return a rule for which the command of a step without `failed` can be refused."""
        command = self._index.command(step.do.command).command
        if step.failed:
            return None
        return command.requires[0].name if command.requires else _RULES.get(command.mode)

    def _compensated(self, steps: int, reason: Value) -> list[SagaLine]:
        """The first `steps` are compensated, then the command after a failure is sent."""
        lines = [
            self._line(step, step.undo, self._replying(step.undo))
            for step in reversed(self._steps[:steps])
            if step.undo
        ]
        if self._saga.on_failure:
            last = self._command(self._saga.on_failure, {}, {"failure": reason})
            lines.append(self._replied([last], self._replying(self._saga.on_failure)))
        return lines

    def _done(self, step: Step) -> SagaLine:
        return self._line(step, step.do, lambda command: self._reply(step.done[0], command))

    def _line(
        self, step: Step, dispatch: Dispatch, reply: Callable[[EventValue], EventValue]
    ) -> SagaLine:
        """The commands of a step, or its compensations, and the replies to them."""
        commands = self._commands(step, dispatch)
        return self._replied(commands if dispatch is step.do else commands[::-1], reply)

    def _replied(
        self, commands: list[EventValue], reply: Callable[[EventValue], EventValue]
    ) -> SagaLine:
        replies = [(self._shared.name(reply(c)), self._shared.name(c)) for c in commands]
        return SagaLine(sends=tuple(command for _, command in replies), answers=tuple(replies))

    def _replying(self, dispatch: Dispatch) -> Callable[[EventValue], EventValue]:
        """Reply with the first event of the command that has an example."""
        events = self._index.events_of(dispatch.command)
        known = [ref for ref in events if self._examples.event(ref) is not None]
        return lambda command: self._reply((*known, *events)[0], command)

    def _commands(self, step: Step, dispatch: Dispatch) -> list[EventValue]:
        given = dispatch if dispatch is step.do else _with_step_values(step, dispatch)
        if step.each is None:
            return [self._command(given, {}, {})]
        values = dict(self._start.fields)
        items = value_of(step.each.items, Bindings(values={"event": values}))
        assert isinstance(items, list)
        return [self._command(given, {step.each.variable: item}, {}) for item in items]

    def _command(
        self, dispatch: Dispatch, items: dict[str, Value], failure: dict[str, Value]
    ) -> EventValue:
        command = self._index.command(dispatch.command)
        values = dict(self._start.fields)
        bindings = Bindings(values={"event": values, "item": items, "failure": failure})
        filled = valued(command.fields, dispatch.with_, bindings, values)
        return EventValue(command.command.name, filled)

    def _reply(self, ref: Ref, command: EventValue) -> EventValue:
        """Return the example of the event, with the values of the command."""
        example = self._examples.event(ref)
        if example is None:
            raise _NoExampleError
        given = dict(command.fields)
        fields = tuple((name, given.get(name, value)) for name, value in example.fields)
        return EventValue(example.name, fields)


def _with_step_values(step: Step, undo: Dispatch) -> Dispatch:
    """Add the values of the command that a compensation undoes."""
    own = {sets.target for sets in undo.with_}
    known = tuple(sets for sets in step.do.with_ if sets.target not in own)
    return Dispatch(command=undo.command, with_=(*known, *undo.with_))
