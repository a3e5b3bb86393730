"""Scenarios as lines of an end-to-end test."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator

from meshgen.naming import identifier
from meshgen.spec.expressions import Access
from meshgen.spec.model import Assignment, Do, Scenario, See
from meshgen.system.index import CommandOf, Index
from meshgen.system.model import ScenarioView
from meshgen.system.pysource.calls import Scene
from meshgen.system.pysource.paths import filled_path, outside_path

# A scenario runs outside of any decision: its clock is the clock.
_OUTSIDE = {"now": "datetime.now(UTC)", "new_id": "uuid4()"}


def scenario_view(scenario: Scenario, index: Index) -> ScenarioView:
    """Return `scenario` as a test function."""
    used = names_in(scenario.steps)
    return ScenarioView(
        function=re.sub(r"\W+", "_", scenario.name.lower(), flags=re.ASCII).strip("_"),
        words=scenario.name,
        callers=callers_of(scenario.steps),
        lines=tuple(
            do_line(step, index, used) if isinstance(step, Do) else see_line(step, index)
            for step in scenario.steps
        ),
    )


def _caller(step: Do | See) -> str:
    return identifier(step.who)


def callers_of(steps: Iterable[Do | See]) -> tuple[tuple[str, str], ...]:
    """Return the callers of `steps` as (variable, role)."""
    return tuple({_caller(step): step.role for step in steps}.items())


def names_in(steps: Iterable[Do | See]) -> frozenset[str]:
    """Return the names of earlier steps that `steps` refer to."""
    return frozenset(name for step in steps for name in _names_in(step))


def _names_in(step: Do | See) -> Iterator[str]:
    """Return the names of earlier steps that this one refers to."""
    arguments = step.arguments if isinstance(step, See) else ()
    for assignment in (*step.values, *arguments):
        for ref in assignment.value.refs.values():
            if isinstance(ref, Access) and ref.variable.kind == "name":
                yield ref.variable.name


def do_line(step: Do, index: Index, used: frozenset[str]) -> str:
    """Return the line that sends a command; its id is kept if it is among the `used` names."""
    of = index.command(step.command)
    values = {value.target: _code(value, step) for value in step.values}
    path = filled_path(of.command.path, values)
    given = _keywords(outside_path(of.command.path, values))
    call = f"{_caller(step)}.{of.command.method.lower()}({path}{given})"
    return f'{step.keep} = {call}["{_id(of)}"]' if step.keep in used else call


def _id(of: CommandOf) -> str:
    return of.aggregate.id


def see_line(step: See, index: Index) -> str:
    """Return the line that waits until the query has the expected values."""
    return _eventually(step, index, {value.target: _code(value, step) for value in step.values})


def ask_line(step: See, index: Index) -> str:
    """Return the line that asks a query once; one about a single row, until there is one."""
    if index.query_of(step.query).page is None:
        return _eventually(step, index, {})
    path, arguments = _asked(step, index)
    return f"{_caller(step)}.get({path}{_keywords(arguments)})"


def _eventually(step: See, index: Index, expected: dict[str, str]) -> str:
    path, arguments = _asked(step, index)
    params = ", ".join(f'"{name}": {value}' for name, value in arguments.items())
    options = f", {{{params}}}" if params else ""
    return f"{_caller(step)}.eventually({path}{options}{_keywords(expected)})"


def _asked(step: See, index: Index) -> tuple[str, dict[str, str]]:
    """Return the path of a query as source, and the arguments that are not in it."""
    arguments = {value.target: _code(value, step) for value in step.arguments}
    path = index.query_of(step.query).path
    return filled_path(path, arguments), outside_path(path, arguments)


def _keywords(values: dict[str, str]) -> str:
    return "".join(f", {name}={value}" for name, value in values.items())


def _code(value: Assignment, step: Do | See) -> str:
    return Scene({**_OUTSIDE, "caller": _caller(step)}).code(value.value)
