"""Expressions and assignments as Python source, depending on their scope."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field

from meshgen.spec.expressions import Access, Expression
from meshgen.spec.expressions.narrowing import present
from meshgen.spec.model import Assignment, Each, Field
from meshgen.spec.types import ListType
from meshgen.system.model import Argument, Loop
from meshgen.system.pysource.annotations import annotation
from meshgen.system.pysource.expressions import emit, opposite


@dataclass(frozen=True, slots=True)
class Scene:
    """The scope of an expression in the generated code.

    names: what a variable is an attribute of, by its kind: `{"state": "order"}`
    rows: the local names of replica rows looked up before, by their class and key
    """

    names: Mapping[str, str]
    rows: Mapping[tuple[str, str], str] = field(default_factory=dict)

    def code(self, expression: Expression) -> str:
        """`expression` as Python source."""
        return emit(expression, self.names, rows=self.rows)

    def negated(self, expression: Expression) -> str:
        """The opposite of the condition `expression` as Python source."""
        return emit(opposite(expression), self.names, rows=self.rows)


EVENT = Scene({"event": "event"})


def reads(expression: Expression, kind: str) -> bool:
    """Tell whether `expression` uses a variable of that kind."""
    accesses = (ref for ref in expression.refs.values() if isinstance(ref, Access))
    return any(access.variable.kind == kind for access in accesses)


def tells_presence(condition: Expression) -> bool:
    """Whether it follows from `condition` that a value is not None."""
    return bool(present(condition.tree, holds=True))


def filled(
    fields: Iterable[Field],
    given: Iterable[Assignment],
    scene: Scene,
    same_named: Callable[[Field], str | None],
) -> tuple[Argument, ...]:
    """Return the keyword arguments for `fields`: as `given`, else from a field of the same name.

    Other fields keep their defaults.
    """
    values = {assignment.target: scene.code(assignment.value) for assignment in given}
    arguments = []
    for each in fields:
        value = values.get(each.name) or same_named(each)
        if value is not None:
            arguments.append(Argument(name=each.name, value=value))
    return tuple(arguments)


def from_sources(*sources: tuple[str, Iterable[Field]]) -> Callable[[Field], str | None]:
    """Return a function that finds a field of the same name in the first source that has it."""
    known = [(prefix, {each.name for each in fields}) for prefix, fields in sources]

    def same_named(wanted: Field) -> str | None:
        found = (prefix for prefix, names in known if wanted.name in names)
        return next((f"{prefix}.{wanted.name}" for prefix in found), None)

    return same_named


def call_source(name: str, arguments: Iterable[Argument], *positional: str) -> str:
    """`name(positional, argument=value, ...)` as Python source."""
    keywords = (f"{argument.name}={argument.value}" for argument in arguments)
    return f"{name}({', '.join((*positional, *keywords))})"


def loop_view(each: Each) -> Loop:
    """Return `each: line in lines` as a loop over a field of the event."""
    assert isinstance(each.items.type, ListType)
    return Loop(
        variable=each.variable,
        iterable=EVENT.code(each.items),
        annotation=annotation(each.items.type.item),
    )
