"""Objectives: whether what happens at the peak exists and can be asked for, and fixed values."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from meshgen.spec.analysis.context import Check
from meshgen.spec.hints import meant_or_one_of
from meshgen.spec.model import (
    Bff,
    Capacity,
    Do,
    Peak,
    Projection,
    Ref,
    Scenario,
    Service,
    Slo,
    Stream,
)
from meshgen.spec.routes import read_roles
from meshgen.spec.syntax import LoadSyntax, SpecSyntax, Word
from meshgen.unicode import printable

GATEWAY = "gateway"


def build_slo(
    check: Check,
    syntax: SpecSyntax,
    units: tuple[Service | Projection | Stream, ...],
    bffs: tuple[Bff, ...],
    scenarios: tuple[Scenario, ...],
) -> Slo | None:
    """Return the SLO of the model; None if the spec has none."""
    if syntax.slo is None:
        return None
    requests = dict(_requests(units, bffs))
    known = {scenario.name: scenario for scenario in scenarios}
    peaks = [_peak(check, load, requests, known, units) for load in syntax.slo.peak]
    return Slo(
        users=syntax.slo.users,
        objectives=syntax.slo.objectives,
        peaks=tuple(peak for peak in peaks if peak),
        at=syntax.slo.at,
    )


def _requests(
    units: Iterable[Service | Projection | Stream], bffs: Iterable[Bff]
) -> Iterator[tuple[str, Ref]]:
    """Yield what can be asked for at the gateway, as it is written under `peak`."""
    for unit in units:
        names = [query.name for query in unit.queries]
        if isinstance(unit, Service):
            aggregates = unit.aggregates
            names += [c.name for a in aggregates for c in a.commands if c.roles is not None]
            names += [a.name for a in aggregates if read_roles(a) is not None]
        for name in names:
            yield f"{unit.name}.{name}", Ref(unit=unit.name, name=name)
    for bff in bffs:
        for endpoint in bff.endpoints:
            yield f"{bff.name} {endpoint.route}", Ref(unit=bff.name, name=endpoint.route)


def _peak(
    check: Check,
    load: LoadSyntax,
    requests: dict[str, Ref],
    scenarios: dict[str, Scenario],
    units: Iterable[Service | Projection | Stream],
) -> Peak | None:
    name = load.name.text
    role: str | None = None
    if name in scenarios:
        role = load.role.text if load.role else None
        asked = _of_scenario(check, load, scenarios[name])
    elif name in requests:
        asked = (requests[name],)
        if load.role:
            check.error(load.role.at, f"`{name}` is no scenario: all of it counts", "leave it out")
    else:
        _unknown(check, load.name, (*scenarios, *requests), units)
        return None
    return Peak(name=name, rate=load.rate, requests=asked, role=role, at=load.name.at)


def _of_scenario(check: Check, load: LoadSyntax, scenario: Scenario) -> tuple[Ref, ...]:
    role = load.role.text if load.role else None
    steps = [step for step in scenario.steps if role in (None, step.role)]
    if load.role and not steps:
        roles = sorted({step.role for step in scenario.steps})
        hint = meant_or_one_of(load.role.text, roles)
        check.error(load.role.at, f"no step of this scenario is `as: {load.role}`", hint)
    return tuple(step.command if isinstance(step, Do) else step.query for step in steps)


def _unknown(
    check: Check,
    word: Word,
    known: Iterable[str],
    units: Iterable[Service | Projection | Stream],
) -> None:
    inner = {
        f"{unit.name}.{command.name}"
        for unit in units
        if isinstance(unit, Service)
        for aggregate in unit.aggregates
        for command in aggregate.commands
    }
    if word.text in inner:
        message = f"`{word}` has no `roles`: it follows from what callers ask for"
        check.error(word.at, message, "name the command that leads to it")
    elif check.knows("services", "projections", "streams", "bffs", "scenarios", "queries"):
        shown = f"there is no scenario, command, query or endpoint `{printable(word.text)}`"
        hint = meant_or_one_of(word.text, list(known))
        check.error(word.at, shown, hint or "write e.g. `service.Command` or `bff GET /path`")


def build_capacity(check: Check, syntax: SpecSyntax) -> Capacity:
    """Return the assumptions and fixed values of the model."""
    found = syntax.capacity
    if found.at is not None and syntax.slo is None and check.knows("slo"):
        check.error(found.at, "`capacity` changes what is derived from an `slo`", "add `slo`")
    placed = {word.text for process in syntax.processes for word in process.units}
    sections = (syntax.services, syntax.projections, syntax.streams, syntax.bffs)
    known = [process.name.text for process in syntax.processes]
    if known:
        known += [u.name.text for units in sections for u in units if u.name.text not in placed]
    elif syntax.name:
        known = [syntax.name.text]  # all units run together
    for word in found.processes:
        if word.text not in (*known, GATEWAY) and check.knows("processes", "services"):
            if word.text in placed:
                check.error(word.at, f"`{word}` runs in a process with others", "name the process")
            else:
                check.unknown(word, "process", (*known, GATEWAY))
    return found.capacity
