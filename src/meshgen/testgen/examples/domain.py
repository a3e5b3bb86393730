"""Execution of an aggregate: what its generated `decide` and `evolve` will do."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from uuid import UUID

from meshgen.naming import snake
from meshgen.spec.expressions import Expression
from meshgen.spec.expressions.budget import MAX_PARTS, Budget, weigh
from meshgen.spec.expressions.defaults import initial
from meshgen.spec.expressions.evaluate import evaluate, evaluate_part
from meshgen.spec.expressions.lookups import certain_lookups
from meshgen.spec.expressions.values import Bindings, EvaluationError, RowMissingError, Value
from meshgen.spec.model import Aggregate, Assignment, Command, Emission, Event, Field
from meshgen.spec.types import UUID as UUID_TYPE
from meshgen.testgen.examples.model import NOW, AnswerValue, EventValue, FieldValues, new_id

State = Mapping[str, Value]


@dataclass(frozen=True, slots=True)
class Refused:
    """The command was refused by a rule; `kind` is "rule", "state" or "row"."""

    rule: str
    kind: str


@dataclass(frozen=True, slots=True)
class Emitted:
    """The command emitted an event; `emission` is the index of the emission."""

    emission: int
    event: EventValue
    answers: tuple[AnswerValue, ...]


@dataclass(slots=True)
class Context:
    """The inputs of a decision besides command and state.

    Attributes:
        now: The current time.
        id_of: Returns the nth new id.
        rows: Rows of replicas by class and id.
        answers: Responses of ports by the name of the call.
        made: The number of new ids.
    """

    now: datetime
    id_of: Callable[[int], UUID]
    rows: Mapping[str, Mapping[UUID, Mapping[str, Value]]]
    answers: Mapping[str, FieldValues]
    made: int = field(default=0)

    def new_id(self) -> UUID:
        """Return the next id."""
        self.made += 1
        return self.id_of(self.made)


class Decider:
    """Executes the commands of an aggregate.

    Args:
        aggregate: The aggregate.
        allows: Tells whether a field may have a value.
        budget: The steps that are left; afterwards no expression has a value.
    """

    def __init__(
        self, aggregate: Aggregate, allows: Callable[[Field, Value], bool], budget: Budget
    ) -> None:
        self.aggregate = aggregate
        self._allows = allows
        self._budget = budget
        self._events = {event.name: event for event in aggregate.events}

    def decide(
        self, command: Command, given: State, state: State | None, context: Context
    ) -> Emitted | Refused | None:
        """Return the outcome of `command`, None if no emission applies.

        Raises:
            EvaluationError: An expression has no value.
        """
        if command.mode == "creates" and state is not None:
            return Refused("already_exists", "state")
        if command.mode == "acts" and state is None:
            return Refused("not_found", "state")
        before = self.blank(given[self.aggregate.id]) if state is None else state
        values = {"input": given, "state": before}
        known = Bindings(values=values, replicas=context.rows)
        try:
            return self._decided(command, values, known, context)
        except RowMissingError as missing:
            return Refused(row_rule(missing.replica), "row")

    def _decided(
        self,
        command: Command,
        values: Mapping[str, State],
        known: Bindings,
        context: Context,
    ) -> Emitted | Refused | None:
        self._look_up(command, known, context)
        for guard in command.requires:
            if not self._evaluated(guard.condition, known, context):
                return Refused(guard.name, "rule")
        answers = tuple(self._asked(command, known, context))
        known = Bindings(
            values=values,
            replicas=context.rows,
            answers={answer.call: dict(answer.answer) for answer in answers},
        )
        for number, emission in enumerate(command.emits):
            if emission.when is None or self._evaluated(emission.when, known, context):
                event = self._filled(command, emission, known, context)
                return Emitted(number, event, answers)
        return None

    def _look_up(self, command: Command, known: Bindings, context: Context) -> None:
        """Read the unconditional rows first, as the generated code does."""
        for expression in expressions(command):
            for lookup in certain_lookups(expression):
                key = evaluate_part(
                    expression,
                    lookup.key,
                    known,
                    now=context.now,
                    new_id=context.new_id,
                    budget=self._budget,
                )
                rows = context.rows.get(lookup.replica.name, {})
                if isinstance(key, UUID) and rows.get(key) is None:
                    raise RowMissingError(lookup.replica.name, key)

    def _asked(self, command: Command, known: Bindings, context: Context) -> Iterator[AnswerValue]:
        for call in command.calls:
            arguments = tuple(
                (argument.target, self._evaluated(argument.value, known, context))
                for argument in call.arguments
            )
            answer = context.answers[call.name]
            yield AnswerValue(call.name, call.port, call.operation, arguments, answer)

    def _filled(
        self, command: Command, emission: Emission, known: Bindings, context: Context
    ) -> EventValue:
        event = self._events[emission.event]
        given = {fill.target: fill.value for fill in emission.fill}
        sources = [known.values["input"]]
        if command.mode != "creates":
            sources.append(known.values["state"])
        filled: list[tuple[str, Value]] = []
        for own in (Field(name=self.aggregate.id, type=UUID_TYPE), *event.fields):
            if own.name in given:
                value = self._evaluated(given[own.name], known, context)
            else:
                value = _first(own, sources)
            self._check(own, value)
            filled.append((own.name, value))
        return EventValue(event.name, tuple(filled))

    def evolve(self, state: State | None, emitted: EventValue) -> State:
        """Return the state after an event.

        Raises:
            EvaluationError: An expression has no value.
        """
        event = self._events[emitted.name]
        own = dict(emitted.fields)
        before = self.blank(own[self.aggregate.id]) if state is None else state
        known = Bindings(values={"event": own, "state": before})
        context = Context(NOW, new_id, {}, {})
        after = dict(before)
        after |= {name: value for name, value in own.items() if name in self._state_names(event)}
        for assignment in event.sets:
            after[assignment.target] = self._evaluated(assignment.value, known, context)
        for each in self.aggregate.state:
            if each.name in after:
                self._check(each, after[each.name])
        return after

    def blank(self, id: Value) -> State:
        """Return the state of an aggregate before its first event."""
        state: dict[str, Value] = {self.aggregate.id: id}
        for each in self.aggregate.state:
            try:
                state[each.name] = initial(each)
            except KeyError:
                continue  # expressions that read it fail
        return state

    def _state_names(self, event: Event) -> set[str]:
        return {each.name for each in self.aggregate.state}

    def _evaluated(self, expression: Expression, known: Bindings, context: Context) -> Value:
        return evaluate(
            expression, known, now=context.now, new_id=context.new_id, budget=self._budget
        )

    def _check(self, field: Field, value: Value) -> None:
        self._budget.spend(weigh(value, MAX_PARTS))
        if not self._allows(field, value):
            raise EvaluationError(f"`{field.name}` cannot be {value!r}")


def expressions(command: Command) -> Iterator[Expression]:
    """Yield the expressions of a command, in the order of lookups in the generated code."""
    yield from (guard.condition for guard in command.requires)
    for call in command.calls:
        yield from (argument.value for argument in call.arguments)
    for emission in command.emits:
        yield from (fill.value for fill in emission.fill)
        if emission.when is not None:
            yield emission.when


def all_expressions(aggregate: Aggregate) -> Iterator[Expression]:
    """Yield every expression of an aggregate."""
    for command in aggregate.commands:
        yield from expressions(command)
    for event in aggregate.events:
        yield from _values(event.sets)


def row_rule(kind: str) -> str:
    """Return the rule that a missing row of class `kind` breaks, as named by the chassis."""
    return f"{snake(kind)}_not_found"


def _values(assignments: Iterable[Assignment]) -> Iterator[Expression]:
    return (assignment.value for assignment in assignments)


def _first(own: Field, sources: Iterable[State]) -> Value:
    """Return the value of the first source that has the field's name, else its default."""
    for source in sources:
        if own.name in source:
            return source[own.name]
    try:
        return initial(own)
    except KeyError:
        raise EvaluationError(f"nothing fills `{own.name}`") from None
