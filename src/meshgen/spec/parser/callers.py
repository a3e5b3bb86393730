"""The name `caller` in the expressions of a command: a field of its input."""

from __future__ import annotations

import ast
from collections.abc import Collection, Iterator
from dataclasses import replace

from meshgen.spec.diagnostics import Position
from meshgen.spec.expressions import ExpressionError
from meshgen.spec.expressions.syntax import parse
from meshgen.spec.parser.access import CALLER
from meshgen.spec.parser.reading import Reading
from meshgen.spec.syntax import CommandSyntax, FieldSyntax, Word
from meshgen.spec.yaml.tree import Scalar

FIELD = "caller_id"


def with_caller(reading: Reading, command: CommandSyntax, taken: Collection[str]) -> CommandSyntax:
    """Return the command with the field that `caller` stands for in its expressions.

    It is the first field of the type `caller`; without one, the command gets a `caller_id`. `taken`
    are the names of the aggregate's own fields, which the input must not hide.
    """
    at = None if command.from_caller else next(_places(command), None)
    if at is None:
        return command
    if FIELD in {*taken, *(field.name.text for field in command.input)}:
        reading.error(
            at,
            f"`{CALLER}` would be a field `{FIELD}` of the input, and there is a `{FIELD}` already",
            f"name the field: `input: {{sender_id: {CALLER}}}`",
        )
        reading.lost.add(CALLER)
        return command
    name = Word(FIELD, at)
    field = FieldSyntax(name=name, type=Scalar("uuid", "uuid", at))
    return replace(command, input=(*command.input, field), from_caller=(name,))


def _places(command: CommandSyntax) -> Iterator[Position]:
    """Where its expressions name the caller."""
    for source in _expressions(command):
        if CALLER not in source.text:
            continue
        try:
            tree = parse(source.text)
        except ExpressionError:  # the analysis says what is wrong
            continue
        for node in ast.walk(tree):
            if isinstance(node, ast.Name) and node.id == CALLER:
                yield source.inside(node.col_offset)


def _expressions(command: CommandSyntax) -> Iterator[Scalar]:
    fills = (assignment for emission in command.emits for assignment in emission.fill)
    for assignment in (*command.requires, *command.calls, *fills):
        if assignment.value is not None:
            yield assignment.value
    for emission in command.emits:
        if emission.when is not None:
            yield emission.when
