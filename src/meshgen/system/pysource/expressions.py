"""Expressions and values as Python source."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from meshgen.spec.expressions import Expression
from meshgen.spec.expressions.lookups import certain_lookups
from meshgen.spec.expressions.values import Value
from meshgen.system.pysource import literals
from meshgen.system.pysource.printer import Printer


@dataclass(frozen=True, slots=True)
class Emitted:
    """Python source, and the names it needs imported or at hand (`Decimal`, `context`...)."""

    code: str
    uses: frozenset[str]


@dataclass(frozen=True, slots=True)
class ReplicaRead:
    """A row that an expression reads in any case; `key` as Python source."""

    replica: str
    key: str


def emit(
    expression: Expression,
    prefixes: Mapping[str, str],
    *,
    rows: Mapping[tuple[str, str], str] | None = None,
    classes: Mapping[str, str] | None = None,
) -> Emitted:
    """Return `expression` as Python.

    prefixes: by kind of variable what its name is an attribute of ("state" -> "order"); names of
        other kinds stand by themselves; "now" and "new_id" are the calls where there is no context
    rows: the variables of rows that were read before, by replica and key (see `replica_reads`)
    classes: the class of a replica's rows, for rows that were not read before
    """
    printer = Printer(expression, prefixes, rows or {}, classes or {})
    code = printer.text(expression.tree)
    return Emitted(code, frozenset(printer.uses))


def emit_value(value: Value, named: Mapping[object, str] | None = None) -> Emitted:
    """Return a value as Python; `named` gives the ids and moments that have names in the code."""
    return Emitted(literals.literal(value, named), frozenset(literals.needs(value)))


def replica_reads(expression: Expression, prefixes: Mapping[str, str]) -> tuple[ReplicaRead, ...]:
    """Return the rows that are read whatever the values are, in the order they are read.

    Rows that only one branch needs, or that depend on a comprehension's variable, are not among
    them: `emit` reads those where they are needed.
    """
    reads: dict[ReplicaRead, None] = {}
    for lookup in certain_lookups(expression):
        key = Printer(expression, prefixes, {}, {}).text(lookup.key)
        reads[ReplicaRead(lookup.replica.name, key)] = None
    return tuple(reads)
