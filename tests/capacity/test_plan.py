"""From the SLO to sizes, limits and servers, and what the spec says itself."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from meshgen.capacity import CapacityPlan, Size, plan
from meshgen.capacity.costs import COSTS
from meshgen.capacity.sizing import COPY_AVAILABILITY, copies, unit_demand, with_spares
from meshgen.capacity.traffic import Load
from meshgen.spec.model import Spec
from meshgen.system.lower import resolve
from tests.capacity.shops import NOTES, PROCESSES, checked, notes


def planned(spec: Spec) -> CapacityPlan:
    found = plan(spec, PROCESSES)
    assert found is not None
    return found


def size(spec: Spec, name: str = "notes") -> Size:
    return next(each for each in planned(spec).sizes if each.name == name)


def test_without_an_slo_nothing_is_derived() -> None:
    spec = checked(NOTES)
    assert plan(spec, PROCESSES) is None
    mesh = resolve(spec)
    assert mesh.catalog.partitions == 4
    assert mesh.project.capacity is None
    assert mesh.deploy.rules is None
    assert mesh.project.gateway.rate_limit is None
    sizes = {each.name: each.size for each in mesh.deploy.deployables}
    assert (sizes["notes"].replicas_min, sizes["notes"].replicas_max) == (2, 4)
    assert (sizes["web"].replicas_min, sizes["web"].replicas_max) == (2, 10)


def test_what_is_derived_arrives() -> None:
    mesh = resolve(notes("note.WriteNote: 1000/s", slo="users: 1000000"))
    assert mesh.catalog.partitions == 48
    assert mesh.project.gateway.rate_limit is not None
    assert mesh.project.gateway.rate_limit.callers == 2_000_000
    size = next(each.size for each in mesh.deploy.deployables if each.name == "notes")
    assert (size.replicas_min, size.replicas_max) == (3, 13)
    assert mesh.deploy.connections == 300


def test_a_peak_that_needs_more_than_there_can_be_is_said() -> None:
    found = size(notes("note.WriteNote: 1000/s", more="event_hub: {partitions: 3}\n"))
    assert "not enough" in [step.what for step in found.steps]
    found = size(notes("note.WriteNote: 1000/s"))
    assert "not enough" not in [step.what for step in found.steps]


def test_very_large_systems_have_a_size() -> None:
    assert with_spares(40_000, 99.999)[0] < 41_000
    demand = unit_demand({f"u{n}": Load(commands=1.0) for n in range(200)})
    assert copies(demand.work, demand.idle, 0.6) >= 1


def test_copies_do_the_work_and_are_not_too_busy() -> None:
    # 1,000/s x (0.833 + 2.31) ms = 3,143 ms/s, over 600 - 6.6 - 2 x 5.1 ms in each copy: 5.4
    found = size(notes("note.WriteNote: 1000/s"))
    work = 1000 * (COSTS.command + COSTS.message)
    assert found.at_peak == -(-work // (600 - COSTS.idle_process - 2 * COSTS.idle_unit)) == 6
    assert found.replicas_max == 13  # 11 at twice the peak, and two to spare
    assert found.replicas_min == 3  # 2 on average, and one to spare


@given(work=st.floats(0, 1e6), idle=st.floats(0, 500), utilization=st.floats(0.1, 0.99))
def test_the_copies_are_enough_and_one_less_is_not(
    work: float, idle: float, utilization: float
) -> None:
    needed = copies(work, idle, utilization)
    left = max(50.0, 1000 * utilization - idle)
    assert work <= needed * left * (1 + 1e-9)
    assert needed == 1 or work > (needed - 1) * left * (1 - 1e-9)


@pytest.mark.parametrize(
    ("needed", "asked", "total"), [(1, 99.0, 2), (1, 99.999, 3), (20, 99.9, 22)]
)
def test_spares_for_the_availability(needed: int, asked: float, total: int) -> None:
    found, there = with_spares(needed, asked)
    assert found == total
    assert there * 100 >= asked
    assert COPY_AVAILABILITY < 1


def test_what_the_spec_fixes_wins() -> None:
    more = (
        "capacity: {processes: {notes: {replicas: {min: 5, max: 6}, cpu: 700m, memory: 300Mi}}}\n"
    )
    found = size(notes(more=more))
    assert (found.replicas_min, found.replicas_max) == (5, 6)
    assert (found.cpu, found.memory) == (700, 300)
    more = "event_hub: {partitions: 7}\n"
    assert planned(notes(more=more)).partitions == 7


def test_no_more_copies_than_partitions() -> None:
    found = size(notes("note.WriteNote: 1000/s", more="event_hub: {partitions: 3}\n"))
    assert found.replicas_max == 3


def test_partitions_for_twice_the_copies() -> None:
    assert planned(notes("note.WriteNote: 10/s")).partitions == 8  # 2 x 3
    assert planned(notes("note.WriteNote: 1000/s")).partitions == 48  # 2 x 13


def test_lower_utilization_and_a_stricter_latency_need_more() -> None:
    relaxed = size(notes("note.WriteNote: 1000/s"))
    careful = size(notes("note.WriteNote: 1000/s", more="capacity: {utilization: 30%}\n"))
    strict = size(notes("note.WriteNote: 1000/s", slo="latency: {p99: 5ms}"))
    assert careful.at_peak > relaxed.at_peak
    assert strict.at_peak > relaxed.at_peak


def test_the_rate_limit_needs_the_users() -> None:
    assert planned(notes()).rate_limit is None
    limit = planned(notes("web GET /home: 1000/s", slo="users: 1000")).rate_limit
    assert limit is not None
    assert (limit.rate, limit.burst) == (20, 40)
    assert limit.callers >= 1000


def test_when_a_server_is_no_longer_enough() -> None:
    servers = {each.engine: each for each in planned(notes("note.WriteNote: 100/s")).servers}
    assert servers["postgresql"].per_second == 200
    assert servers["postgresql"].times == pytest.approx(9960 * 0.6 / 200)
    assert servers["postgresql"].connections == 2 * 5 * 3  # units, each, copies


def test_the_error_budget() -> None:
    assert planned(notes()).budget_minutes == pytest.approx(43.2)
    assert planned(notes(slo="availability: 99.99%")).budget_minutes == pytest.approx(4.32)
