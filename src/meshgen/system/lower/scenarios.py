"""Scenarios as lines of an end-to-end test."""

from __future__ import annotations

import re
from collections.abc import Iterator

from meshgen.naming import identifier, kebab, url_prefix
from meshgen.spec.expressions import Access
from meshgen.spec.model import Assignment, Do, Scenario, See
from meshgen.spec.routes import command_path
from meshgen.system.index import CommandOf, Index
from meshgen.system.model import ScenarioView
from meshgen.system.pysource.calls import Scene

# A scenario runs outside of any decision: its clock is the clock.
_OUTSIDE = {"now": "datetime.now(UTC)", "new_id": "uuid4()"}


def scenario_view(scenario: Scenario, index: Index) -> ScenarioView:
    """Return `scenario` as a test function."""
    used = frozenset(name for step in scenario.steps for name in _names_in(step))
    callers = {_caller(step): step.role for step in scenario.steps}
    return ScenarioView(
        function=re.sub(r"\W+", "_", scenario.name.lower(), flags=re.ASCII).strip("_"),
        words=scenario.name,
        callers=tuple(callers.items()),
        lines=tuple(
            _do(step, index, used) if isinstance(step, Do) else _see(step, index)
            for step in scenario.steps
        ),
    )


def _caller(step: Do | See) -> str:
    return identifier(step.who)


def _names_in(step: Do | See) -> Iterator[str]:
    """Return the names of earlier steps that this one refers to."""
    arguments = step.arguments if isinstance(step, See) else ()
    for assignment in (*step.values, *arguments):
        for ref in assignment.value.refs.values():
            if isinstance(ref, Access) and ref.variable.kind == "name":
                yield ref.variable.name


def _do(step: Do, index: Index, used: frozenset[str]) -> str:
    of = index.command(step.command)
    values = {value.target: _code(value, step) for value in step.values}
    path = command_path(of.command, of.aggregate)
    identity = values.pop(of.aggregate.id, None) if "{" in path else None
    call = f"{_caller(step)}.post({_path(step.command.unit, path, identity)}{_keywords(values)})"
    return f'{step.keep} = {call}["{_id(of)}"]' if step.keep in used else call


def _id(of: CommandOf) -> str:
    return of.aggregate.id


def _path(unit: str, path: str, identity: str | None) -> str:
    full = f"{url_prefix(unit)}{path}"
    if identity is None:
        return f'"{full}"'
    return 'f"' + re.sub(r"\{\w+\}", lambda _: f"{{{identity}}}", full) + '"'


def _see(step: See, index: Index) -> str:
    arguments = {value.target: _code(value, step) for value in step.arguments}
    expected = {value.target: _code(value, step) for value in step.values}
    params = ", ".join(f'"{name}": {value}' for name, value in arguments.items())
    path = f'"/{kebab(step.query.unit)}/{kebab(step.query.name)}"'
    options = f", {{{params}}}" if params else ""
    return f"{_caller(step)}.eventually({path}{options}{_keywords(expected)})"


def _keywords(values: dict[str, str]) -> str:
    return "".join(f", {name}={value}" for name, value in values.items())


def _code(value: Assignment, step: Do | See) -> str:
    return Scene({**_OUTSIDE, "caller": _caller(step)}).code(value.value)
