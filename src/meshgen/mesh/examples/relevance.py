"""What makes a difference: the fields that conditions look at, directly or through other fields."""

from __future__ import annotations

import ast
from collections.abc import Iterable, Iterator

from meshgen.mesh.examples.domain import expressions
from meshgen.spec.expressions import Access, Expression
from meshgen.spec.model import Aggregate, Assignment, Command


def relevant(aggregate: Aggregate) -> frozenset[str]:
    """Return the names of all fields, of whatever thing, that may decide what a command does."""
    found = {name for each in conditions(aggregate) for name in _names(each)}
    assignments = list(_assignments(aggregate))
    before = -1
    while before != len(found):
        before = len(found)
        for assignment in assignments:
            if assignment.target in found:
                found |= set(_names(assignment.value))
    return frozenset(found)


def conditions(aggregate: Aggregate) -> Iterator[Expression]:
    """Yield the guards and the conditions of emissions."""
    for command in aggregate.commands:
        yield from (guard.condition for guard in command.requires)
        yield from (emission.when for emission in command.emits if emission.when is not None)


def state_read(command: Command) -> frozenset[str]:
    """Return the fields of the state that the expressions of `command` mention."""
    return frozenset(
        ref.variable.name
        for expression in expressions(command)
        for ref in expression.refs.values()
        if isinstance(ref, Access) and ref.variable.kind == "state"
    )


def asks_for_now(command: Command) -> bool:
    """Say whether what `command` does depends on the time."""
    return any(
        isinstance(node, ast.Name) and node.id == "now" and node not in expression.refs
        for expression in expressions(command)
        for node in ast.walk(expression.tree)
    )


def literals(expressions: Iterable[Expression]) -> list[object]:
    """Return the numbers and texts of `expressions`, each once, in their order."""
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
    """Yield the names of variables and fields that `expression` mentions."""
    for node in ast.walk(expression.tree):
        if isinstance(node, ast.Attribute):
            yield node.attr
        elif isinstance(node, ast.Name):
            yield node.id
        elif isinstance(node, ast.keyword) and node.arg:
            yield node.arg
