"""Expressions and fills as Python source, for each place where they can stand."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping

from meshgen.mesh.model import Argument
from meshgen.mesh.python import emit
from meshgen.spec.expressions import Expression
from meshgen.spec.model import Assignment, Field

Names = Mapping[str, str]
"""Where a variable's value is, by its kind: `{"state": "order", "input": "command"}`."""

Rows = Mapping[tuple[str, str], str]
"""The local name of a looked-up replica row, by replica and key: `{("Product", "command.product_id"): "product"}`."""


def code(expression: Expression, names: Names, replicas: Rows | None = None) -> str:
    """`expression` as Python source; `replicas` are the rows that were looked up."""
    return emit(expression, names, replicas or {})


def filled(
    fields: Iterable[Field],
    given: Iterable[Assignment],
    as_code: Callable[[Expression], str],
    same_named: Callable[[Field], str | None],
) -> tuple[Argument, ...]:
    """The keyword arguments that fill `fields`: what is `given`, else what has the same name.

    A field with neither is left to its default.
    """
    values = {assignment.target: as_code(assignment.value) for assignment in given}
    arguments = []
    for field in fields:
        value = values.get(field.name) or same_named(field)
        if value is not None:
            arguments.append(Argument(name=field.name, value=value))
    return tuple(arguments)


def from_sources(*sources: tuple[str, Iterable[Field]]) -> Callable[[Field], str | None]:
    """A rule for same-named fields: the first source (`command`, its fields) that has the name."""
    known = [(prefix, {field.name for field in fields}) for prefix, fields in sources]

    def same_named(field: Field) -> str | None:
        return next((f"{prefix}.{field.name}" for prefix, names in known if field.name in names), None)

    return same_named
