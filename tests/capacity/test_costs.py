"""The costs are those that the benchmarks give, and the model predicts what it was not given."""

from __future__ import annotations

from dataclasses import replace

import pytest

from bench.capacity.calibration import calibrated, shop
from bench.capacity.figures import FIGURES
from bench.capacity.rows import GOAL, comparisons, scaled
from bench.capacity.simulation import Result, Setup, Simulation, quantile
from meshgen.capacity.costs import COSTS, HUBS, STORES
from meshgen.capacity.operations import Operation
from meshgen.spec.grammar.reads import VIEW_STORES
from meshgen.spec.grammar.system import HUB_ENGINES


def test_the_costs_are_calibrated_with_the_figures() -> None:
    assert calibrated(FIGURES, shop()) == COSTS


def test_every_engine_is_there() -> None:
    assert set(HUBS) == set(HUB_ENGINES.words)
    assert set(STORES) == set(VIEW_STORES.words)


def test_the_simulation_predicts_what_was_measured() -> None:
    """Also at rates, of arrivals and with processes that the costs were not calibrated with."""
    found = {each.what: round(each.error) for each in comparisons()}
    assert {what: error for what, error in found.items() if abs(error) > GOAL} == {}


def test_messages_that_wait_are_handled_together() -> None:
    """At a rate that a copy cannot keep up with one by one: 10 ms each, 1 ms in a batch."""
    costs = replace(COSTS, message=10.0, batched=1.0, command=0.001, request=0.001, hub=0.001)
    costs = replace(costs, idle_process=0.001, idle_unit=0.001, idle_hub=0.001, idle_gateway=0.001)
    setup = Setup(costs=costs, units={"u": ("u",)}, copies={"u": 1, "gateway": 1}, cores=None)
    message = Operation(unit="u", kind="message")
    command = Operation(unit="u", kind="command", topics=(("u.events", 1),), then=(message,))
    found = Simulation(setup).run(((300.0, (command,)),), 30.0)
    assert found.within(1.0) > 0.9
    assert 0.3 < found.busy["u"] / found.seconds <= 1.0


def run(rate: float, copies: int, seconds: float = 60.0) -> Result:
    """Simulate queries on copies with a core each."""
    costs = replace(COSTS, query=10.0, request=0.001)
    costs = replace(costs, idle_process=0.001, idle_unit=0.001, idle_gateway=0.001)
    setup = Setup(costs=costs, units={"u": ("u",)}, copies={"u": copies, "gateway": 1}, cores=None)
    return Simulation(setup).run(((rate, (Operation(unit="u", kind="query"),)),), seconds)


@pytest.mark.parametrize("busy", [0.3, 0.6])
def test_the_simulation_agrees_with_the_theory_of_queues(busy: float) -> None:
    """M/M/1: the mean response is S / (1 - utilization)."""
    found = run(busy * 100, 1, 600.0)
    mean = sum(found.answered) / len(found.answered)
    assert mean == pytest.approx(0.010 / (1 - busy), rel=0.1)
    assert found.busy["u"] / found.seconds == pytest.approx(busy, rel=0.05)


def test_the_simulation_is_the_same_each_time() -> None:
    assert run(50, 2, 10.0) == run(50, 2, 10.0)


def test_more_than_the_copies_can_do_piles_up() -> None:
    assert run(150, 1, 30.0).within(1.0) < 0.5


@pytest.mark.parametrize("requests", [180, 2_000])
def test_a_plan_holds_its_objectives_in_the_simulation(requests: int) -> None:
    planned, result = scaled(requests)
    assert planned.objectives.p99 is not None
    assert 1000 * quantile(result.answered, 0.99) <= planned.objectives.p99
    for size in planned.sizes:
        busy = result.busy[size.name] / result.seconds / size.at_peak
        assert busy < planned.utilization + 0.1, size.name
