"""The load test: the peaks of the spec as requests, with the values that scenarios give them."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from meshgen.capacity import CapacityPlan
from meshgen.capacity.costs import COSTS
from meshgen.capacity.model import Threshold
from meshgen.capacity.work import Work, work_of
from meshgen.naming import pascal, url_prefix
from meshgen.spec.model import Do, Endpoint, Objectives, Peak, Query, Ref, Scenario, See, Spec
from meshgen.spec.routes import prefixes, read_roles
from meshgen.system.index import Index
from meshgen.system.lower.scenarios import ask_line, callers_of, do_line, names_in, see_line
from meshgen.system.model import ArrivalsView, CostView, IdleView, Import, LoadView, ObjectivesView

REQUIREMENTS = ("locust>=2.47,<3", "types-gevent>=25")

# What a locustfile imports, besides types of the contracts.
_IMPORTED = frozenset(
    ("Arrivals", "Cost", "Idle", "Objectives", "Iterator", "Path", "Decimal", "UUID", "UTC")
)


def load_view(
    spec: Spec, index: Index, plan: CapacityPlan | None, imports: Iterable[Import]
) -> LoadView | None:
    """Return the load test; None without service level objectives.

    Args:
        spec: The spec.
        index: What is known of it.
        plan: The capacity plan.
        imports: What the locustfile imports of the contracts.
    """
    if plan is None:
        return None
    taken = set(_IMPORTED).union(*(each.names for each in imports))
    arrivals: list[ArrivalsView] = []
    missing: list[str] = []
    for peak in plan.peaks:
        script = _script(spec, index, peak)
        if script is None:
            missing.append(peak.name)
            continue
        name = _class_name(peak.name, taken)
        taken.add(name)
        arrivals.append(
            ArrivalsView(
                name=name,
                words=peak.name,
                rate=_source(peak.rate),
                cost=_cost_view(work_of(spec, peak, script.items)),
                prepared=script.prepared,
                measured=script.measured,
            )
        )
    return LoadView(
        requirements=REQUIREMENTS,
        objectives=tuple(_objectives(plan, index)),
        idle=_idle_view(),
        arrivals=tuple(arrivals),
        missing=tuple(missing),
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class _Script:
    """Lines that prepare, and lines that are measured.

    `items` is the length of lists that it fills: the times that a command is sent at most.
    """

    prepared: tuple[str, ...]
    measured: tuple[str, ...]
    items: int = 1


def _source(value: float) -> str:
    return repr(float(f"{value:.6g}"))


def _cost_view(work: Work) -> CostView:
    units, gateway, hub = (repr(round(v, 3)) for v in (work.units, work.gateway, work.hub))
    return CostView(units=units, gateway=gateway, hub=hub)


def _idle_view() -> IdleView:
    return IdleView(
        process=repr(COSTS.idle_process),
        unit=repr(COSTS.idle_unit),
        gateway=repr(COSTS.idle_gateway),
        hub=repr(COSTS.idle_hub),
    )


def _script(spec: Spec, index: Index, peak: Peak) -> _Script | None:
    for scenario in spec.scenarios:
        if scenario.name == peak.name:
            return _scenario_script(scenario, peak.role, index)
    (request,) = peak.requests
    for bff in spec.bffs:
        for endpoint in bff.endpoints:
            if request == Ref(unit=bff.name, name=endpoint.route):
                return _endpoint_script(bff.name, endpoint, index)
    query = index.query(request)
    own = () if query is None or query.owner is None else (query.owner,)
    if query and query.page and query.by in ((), own):
        return _query_script(request.unit, query)
    return _script_of_a_step(spec, request, index)


def _scenario_script(scenario: Scenario, role: str | None, index: Index) -> _Script:
    """Measure from the first step of the role to its last one; the steps before prepare it."""
    own = [n for n, step in enumerate(scenario.steps) if role in (None, step.role)]
    return _step_script(scenario.steps[: own[-1] + 1], own[0], index)


def _script_of_a_step(spec: Spec, request: Ref, index: Index) -> _Script | None:
    """Measure a step of the first scenario that has the request; the steps before prepare it."""
    for scenario in spec.scenarios:
        for number, step in enumerate(scenario.steps):
            if request == (step.command if isinstance(step, Do) else step.query):
                return _step_script(scenario.steps[: number + 1], number, index)
    return None


def _step_script(steps: tuple[Do | See, ...], first: int, index: Index) -> _Script:
    """Return the script of `steps`, measured from the `first`.

    A read that a command follows waits for what it expects; others are asked once, as the capacity
    model counts them.
    """
    used = names_in(steps)
    commands = [number for number, step in enumerate(steps) if isinstance(step, Do)]
    awaited = max((first, *commands))
    lines = tuple(
        do_line(step, index, used)
        if isinstance(step, Do)
        else (see_line(step, index) if number < awaited else ask_line(step, index))
        for number, step in enumerate(steps)
    )
    callers = tuple(f'{name} = self.caller("{role}")' for name, role in callers_of(steps))
    sent = Counter(step.command for step in steps if isinstance(step, Do))
    return _Script(
        prepared=(*callers, *lines[:first]),
        measured=lines[first:],
        items=max(sent.values(), default=1),
    )


def _endpoint_script(bff: str, endpoint: Endpoint, index: Index) -> _Script | None:
    if endpoint.parameters or endpoint.sends:
        return None
    roles = []
    for part in endpoint.parts:
        query = index.query(part.target)
        allowed = query.roles if query else read_roles(index.aggregate(part.target))
        roles += list(allowed or ())[:1]
    return _read(f"{url_prefix(bff)}{endpoint.path}", roles, "")


def _query_script(unit: str, query: Query) -> _Script:
    argument = f", {query.owner}=reader.id" if query.by else ""
    return _read(query.path, list(query.roles or ())[:1], argument)


def _read(path: str, roles: Iterable[str], argument: str) -> _Script:
    listed = ", ".join(f'"{role}"' for role in dict.fromkeys(roles))
    return _Script(
        prepared=(f"reader = self.reader({listed})",),
        measured=(f'reader.get("{path}"{argument})',),
    )


def _class_name(words: str, taken: set[str]) -> str:
    """Return a name that is not taken: `a paid order` -> `APaidOrder`."""
    name = pascal(re.sub(r"\W+", "_", words.lower(), flags=re.ASCII).strip("_"))
    name = name if name.isidentifier() else f"Peak{name}"
    free, number = name, 1
    while free in taken:
        number += 1
        free = f"{name}{number}"
    return free


def _objectives(plan: CapacityPlan, index: Index) -> Iterator[ObjectivesView]:
    """Yield the objectives of everything, and those of units and commands that differ."""
    yield _objectives_view("/", plan.objectives)
    of_units = {each.unit: each.objectives for each in plan.thresholds if each.command is None}
    for each in plan.thresholds:
        above = of_units[each.unit] if each.command else plan.objectives
        if each.objectives != above:
            for path in _paths(each, index):
                yield _objectives_view(path, each.objectives)


def _paths(threshold: Threshold, index: Index) -> tuple[str, ...]:
    """Return the paths that a threshold is for, and for all that is below them."""
    if threshold.command is None:
        return prefixes(index.unit(threshold.unit))
    of = index.command(Ref(unit=threshold.unit, name=threshold.command))
    return (re.sub(r"\{\w+\}", "{id}", of.command.path),)


def _objectives_view(path: str, objectives: Objectives) -> ObjectivesView:
    return ObjectivesView(
        path=path,
        availability=repr(objectives.availability or 0.0),
        p95=objectives.p95,
        p99=objectives.p99,
    )
