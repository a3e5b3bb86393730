"""Tests of sagas: success, and the failure of each step that can fail."""

from __future__ import annotations

from meshgen.naming import snake, words
from meshgen.spec.expressions.values import Bindings, EvaluationError, Value
from meshgen.spec.model import Dispatch, Ref, Saga, Step
from meshgen.system.index import Index
from meshgen.system.model import SagaLine, SagaTest, SagaTests
from meshgen.testgen.cases.example_events import ExampleEvents
from meshgen.testgen.cases.values import Shared, value_of, valued
from meshgen.testgen.examples.model import EventValue


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
        self._index = index
        self._examples = example_events
        self._start = start
        self._shared = Shared(example_events.ids)

    def tests(self) -> SagaTests:
        start = self._shared.name(self._start)
        tests = [SagaTest(function="completes", lines=tuple(self._success()))]
        for number, step in enumerate(self._saga.steps):
            if step.failed:
                function = self._failure_name(step)
                lines = tuple(self._failure(number, step))
                tests.append(SagaTest(function=function, lines=lines))
        return SagaTests(start=start, tests=tuple(tests), constants=self._shared.constants())

    def _failure_name(self, step: Step) -> str:
        """Name the test after the event, and the command if several fail by the same event."""
        event = step.failed[0]
        function = f"is_compensated_after_{snake(event.name)}"
        if [other.failed[:1] for other in self._saga.steps].count((event,)) > 1:
            return f"{function}_of_{snake(step.do.command.name)}"
        return function

    def _success(self) -> list[SagaLine]:
        lines: list[SagaLine] = []
        for step in self._saga.steps:
            lines += self._done(step)
        return lines

    def _failure(self, failing: int, step: Step) -> list[SagaLine]:
        lines: list[SagaLine] = []
        for earlier in self._saga.steps[:failing]:
            lines += self._done(earlier)
        failed = step.failed[0]
        replies: list[tuple[str, str]] = []
        for command in self._commands(step, step.do):
            reply = self._reply(failed, command)
            replies.append((self._shared.name(reply), self._shared.name(command)))
        lines += [SagaLine(sends=tuple(command for _, command in replies), answers=tuple(replies))]
        undone = [
            self._shared.name(command)
            for earlier in reversed(self._saga.steps[:failing])
            if earlier.undo
            for command in reversed(self._commands(earlier, earlier.undo))
        ]
        if self._saga.on_failure:
            failure = dict(self._reply(failed, self._commands(step, step.do)[0]).fields)
            reason = failure.get("reason", words(failed.name))
            last = self._command(self._saga.on_failure, {}, {"failure": reason})
            undone.append(self._shared.name(last))
        return [*lines, SagaLine(sends=tuple(undone), answers=())]

    def _done(self, step: Step) -> list[SagaLine]:
        replies = []
        for command in self._commands(step, step.do):
            reply = self._reply(step.done[0], command)
            replies.append((self._shared.name(reply), self._shared.name(command)))
        return [SagaLine(sends=tuple(command for _, command in replies), answers=tuple(replies))]

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
