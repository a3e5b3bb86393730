"""A schedule is random, and the same for the same seed."""

from __future__ import annotations

from tests.faults.schedule import Fault, Kind, draw

PROCESSES = [f"{unit}-{number}" for unit in ("order", "cart", "catalog") for number in (1, 2)]
UNITS = ["cart", "catalog", "order"]
SERVERS = ["kafka", "redis"]


def drawn(seed: int, kinds: frozenset[Kind] = frozenset(Kind)) -> list[Fault]:
    return draw(seed, 110, PROCESSES, UNITS, kinds, servers=SERVERS)


def test_a_seed_repeats_it() -> None:
    assert drawn(7) == drawn(7)
    assert drawn(7) != drawn(8)


def test_every_kind_occurs_in_two_minutes() -> None:
    for seed in range(20):
        assert {fault.kind for fault in drawn(seed)} == set(Kind)


def test_only_what_was_asked_for_is_broken() -> None:
    assert {fault.kind for fault in drawn(1, frozenset({Kind.KILL}))} == {Kind.KILL}


def test_faults_have_targets_that_exist() -> None:
    known = {*PROCESSES, *UNITS, *SERVERS, "nats", "gateway", "everything"}
    faults = [fault for seed in range(20) for fault in drawn(seed)]
    assert {fault.target for fault in faults} == known
    assert all(0 < fault.at < 110 and 0 < fault.seconds <= 8 for fault in faults)
