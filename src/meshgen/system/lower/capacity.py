"""The capacity plan as the tables of a page, the sizes of manifests, and rules of Prometheus."""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator

from meshgen.capacity import CapacityPlan, Size
from meshgen.capacity.costs import COSTS
from meshgen.capacity.model import Step
from meshgen.graph.views import duration
from meshgen.naming import pascal
from meshgen.spec.model import Spec
from meshgen.system.model import (
    BurnView,
    CapacityView,
    RulesView,
    SizeView,
    TableView,
)

_STEPS = ("what", "arithmetic", "result")
_UTILIZATION = 70
_MAX = 10


def size_view(plan: CapacityPlan | None, size: Size | None, default: SizeView) -> SizeView:
    """Return the size of a process; without a plan the default."""
    if plan is None or size is None:
        return default
    return SizeView(
        replicas_min=size.replicas_min,
        replicas_max=size.replicas_max,
        cpu=f"{size.cpu}m",
        memory=f"{size.memory}Mi",
        memory_limit=f"{max(2 * size.memory, int(default.memory_limit.removesuffix('Mi')))}Mi",
        utilization=round(100 * plan.utilization),
    )


def gateway_size() -> SizeView:
    """Return the size of the gateway if nothing is known about its load."""
    return SizeView(
        replicas_min=2,
        replicas_max=_MAX,
        cpu="100m",
        memory="64Mi",
        memory_limit="256Mi",
        utilization=_UTILIZATION,
    )


def process_size(partitions: int | None) -> SizeView:
    """Return the size of a process if nothing is known about its load.

    Args:
        partitions: Those that its copies share, if it handles messages.
    """
    return SizeView(
        replicas_min=2,
        replicas_max=partitions or _MAX,
        cpu="100m",
        memory="192Mi",
        memory_limit="512Mi",
        utilization=_UTILIZATION,
    )


def capacity_view(spec: Spec, plan: CapacityPlan | None) -> CapacityView | None:
    """Return the page about capacity; None without an SLO."""
    if plan is None:
        return None
    return CapacityView(tables=tuple(_tables(spec, plan)))


def _tables(spec: Spec, plan: CapacityPlan) -> Iterator[TableView]:
    flow = plan.traffic
    yield TableView(
        title="Peak",
        text="Requests at the gateway at the busiest time.",
        header=("what happens", "a second", "requests each", "requests a second"),
        rows=(
            *(
                (p.name, _n(p.rate), str(len(p.requests)), _n(p.rate * len(p.requests)))
                for p in plan.peaks
            ),
            ("together", "", "", _n(flow.gateway)),
        ),
    )
    yield TableView(
        title="Traffic",
        text=(
            "What follows from it, a second. Of several events of a command the first one happens, "
            f"sagas succeed, and a list that an `each` goes through has {plan.items} items. "
            "Messages are events and commands that a unit gets from the event hub, without events "
            "of streams."
        ),
        header=("unit", "commands", "queries", "endpoints", "messages"),
        rows=tuple(
            (name, *(_n(value) for value in (u.commands, u.queries, u.endpoints, u.messages)))
            for name, u in flow.units.items()
        ),
    )
    yield TableView(
        title="Topics",
        text="",
        header=("topic", "messages published a second"),
        rows=(
            *((topic, _n(rate)) for topic, rate in flow.topics.items()),
            ("together", _n(flow.published)),
        ),
    )
    yield _steps("Partitions", "", plan.partition_steps)
    yield _costs()
    for size in plan.sizes:
        text = f"{size.replicas_min} to {size.replicas_max} copies, each {size.cpu}m and "
        yield _steps(f"Process {size.name}", f"{text}{size.memory} MiB.", size.steps)
    if plan.rate_limit:
        text = "" if spec.gateway.rate_limit is None else "The spec has a limit of its own."
        yield _steps("Rate limit", text, plan.rate_limit_steps)
    yield _servers(plan)
    yield _steps("Disk", f"Retention: {duration(spec.event_hub.retention)}.", plan.disk)
    yield _steps("Cost", "", plan.cost_steps)
    yield from _objectives(plan)


def _costs() -> TableView:
    per = (
        ("a command over HTTP, with the publishing of its event", COSTS.command),
        ("a query over HTTP", COSTS.query),
        ("an endpoint of a backend for frontends", COSTS.endpoint),
        ("a message, with its commit and the publishing that follows", COSTS.message),
        ("a request in the gateway", COSTS.request),
        ("a message in the event hub", COSTS.hub),
        ("a second of a process of units, whatever the rate", COSTS.idle_process),
        ("a second of each of its units", COSTS.idle_unit),
        ("a second of the gateway", COSTS.idle_gateway),
    )
    return TableView(
        title="Costs",
        text="Processor time, measured by the benchmarks of meshgen on NATS and SQLite.",
        header=("what", "ms"),
        rows=tuple((what, f"{value:g}") for what, value in per),
    )


def _servers(plan: CapacityPlan) -> TableView:
    return TableView(
        title="Servers",
        text=(
            f"One server of each engine, at most {plan.utilization:.0%} of what it did with its "
            "clients on two cores. It is enough up to the multiple of the peak that is shown."
        ),
        header=("engine", "what", "a second", "enough for", "until", "connections", "then"),
        rows=tuple(
            (
                each.engine,
                each.what,
                _n(each.per_second),
                _n(each.bound),
                "any peak" if math.isinf(each.times) else f"{each.times:.3g} × the peak",
                str(each.connections) if each.connections else "",
                each.more,
            )
            for each in plan.servers
        ),
    )


def _objectives(plan: CapacityPlan) -> Iterator[TableView]:
    yield TableView(
        title="Objectives",
        text=(
            f"Errors may be {100 - (plan.objectives.availability or 0):.3g} % of the requests of "
            f"30 days: the budget is as large as {plan.budget_minutes:.3g} minutes in which all "
            "requests fail."
        ),
        header=("of", "availability", "p95", "p99"),
        rows=tuple(
            (
                f"{each.unit}.{each.command}" if each.command else each.unit,
                f"{each.objectives.availability:g} %",
                _ms(each.objectives.p95),
                _ms(each.objectives.p99),
            )
            for each in plan.thresholds
        ),
    )
    yield TableView(
        title="Alerts",
        text=(
            "`deploy/observability/rules.yaml` alerts when both windows exceed the burn rate: how "
            "many times faster than in 30 days the budget is spent."
        ),
        header=("severity", "burn rate", "long window", "short window", "budget spent"),
        rows=tuple(
            (b.severity, f"{b.factor:g}", b.long, b.short, f"{b.budget:.0%}") for b in plan.burns
        ),
    )


def _steps(title: str, text: str, steps: Iterable[Step]) -> TableView:
    rows = tuple((step.what, step.arithmetic, step.result) for step in steps)
    return TableView(title=title, text=text, header=_STEPS, rows=rows)


def _n(value: float) -> str:
    if value >= 100:
        return f"{value:,.0f}"
    return f"{value:.3g}" if value else ""


def _ms(value: int | None) -> str:
    return f"{value} ms" if value else ""


def rules_view(plan: CapacityPlan | None) -> RulesView | None:
    """Return the rules on error budgets; None without an SLO."""
    if plan is None:
        return None
    windows = dict.fromkeys(window for burn in plan.burns for window in (burn.short, burn.long))
    alerts = tuple(
        BurnView(
            unit=each.unit,
            alert=f"{pascal(each.unit)}ErrorBudget{burn.long}",
            severity=burn.severity,
            long=f"service:request_errors:ratio_rate{burn.long}",
            short=f"service:request_errors:ratio_rate{burn.short}",
            threshold=f"{burn.factor * (100 - (each.objectives.availability or 0)) / 100:.6g}",
            summary=(
                f"{each.unit} spends {burn.budget:.0%} of its error budget of 30 days in "
                f"{burn.long}: burn rate {burn.factor:g}"
            ),
        )
        for each in plan.thresholds
        if each.command is None
        for burn in plan.burns
    )
    return RulesView(windows=tuple(windows), alerts=alerts)
