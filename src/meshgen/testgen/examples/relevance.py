"""The fields that influence decisions, directly or through other fields."""

from __future__ import annotations

import ast
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from meshgen.spec.expressions import Access, Expression
from meshgen.spec.model import Aggregate, Assignment, Command
from meshgen.testgen.examples.domain import expressions


@dataclass(frozen=True, slots=True)
class Relevance:
    """What influences the decisions of some commands.

    Attributes:
        fields: The names of relevant fields.
        commands: The commands, and others that change relevant fields.
    """

    fields: frozenset[str]
    commands: frozenset[str]


def relevance(aggregate: Aggregate, wanted: Iterable[str]) -> Relevance:
    """Return what influences the commands `wanted`, directly or through other commands."""
    commands = {command.name for command in aggregate.commands if command.mode != "acts"}
    commands |= set(wanted)
    names: set[str] = set()
    before: tuple[int, int] | None = None
    while before != (len(commands), len(names)):
        before = len(commands), len(names)
        for command in aggregate.commands:
            if command.name in commands:
                names |= {name for each in conditions(command) for name in _names(each)}
            elif _touched(command, aggregate) & names:
                commands.add(command.name)
        for assignment in _assignments(aggregate):
            if assignment.target in names:
                names |= set(_names(assignment.value))
    return Relevance(frozenset(names), frozenset(commands))


def conditions(command: Command) -> Iterator[Expression]:
    """Yield the guards of a command and the conditions of its emissions."""
    yield from (guard.condition for guard in command.requires)
    yield from (emission.when for emission in command.emits if emission.when is not None)


def _touched(command: Command, aggregate: Aggregate) -> set[str]:
    """Return the state fields that the events of `command` may change."""
    state = {field.name for field in aggregate.state}
    events = {emission.event for emission in command.emits}
    found: set[str] = set()
    for event in aggregate.events:
        if event.name in events:
            found |= {assignment.target for assignment in event.sets}
            found |= {field.name for field in event.fields} & state
    return found


def state_read(command: Command) -> frozenset[str]:
    """Return the state fields that the expressions of `command` read."""
    return frozenset(
        ref.variable.name
        for expression in expressions(command)
        for ref in expression.refs.values()
        if isinstance(ref, Access) and ref.variable.kind == "state"
    )


def is_impure(command: Command) -> bool:
    """Tell whether `command` uses the current time or new ids."""
    return any(
        isinstance(node, ast.Name) and node.id in ("now", "new_id") and node not in expression.refs
        for expression in expressions(command)
        for node in ast.walk(expression.tree)
    )


def literals(expressions: Iterable[Expression]) -> list[object]:
    """Return the distinct numbers and strings in `expressions`, in order."""
    found = {
        node.value: None
        for expression in expressions
        for node in ast.walk(expression.tree)
        if isinstance(node, ast.Constant) and not isinstance(node.value, bool | None)
    }
    return list(found)


def _assignments(aggregate: Aggregate) -> Iterator[Assignment]:
    for event in aggregate.events:
        yield from event.sets
    for command in aggregate.commands:
        for emission in command.emits:
            yield from emission.fill


def _names(expression: Expression) -> Iterator[str]:
    """Yield the names of variables and fields in `expression`."""
    for node in ast.walk(expression.tree):
        if isinstance(node, ast.Attribute):
            yield node.attr
        elif isinstance(node, ast.Name):
            yield node.id
        elif isinstance(node, ast.keyword) and node.arg:
            yield node.arg
