"""The profile `observability`: Prometheus in a container scrapes the units in theirs.

Grafana, Jaeger and the collector are left out, as their images cannot be had everywhere.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import pytest

from tests.containers.conftest import Composed, published
from tests.deploy.promql import filled_in, queries
from tests.e2e.conftest import Project
from tests.servers.prometheus import ask
from tests.waiting import wait_until

OVERRIDE = Path(__file__).with_name("observability.compose.yaml")


@dataclass(frozen=True)
class Watched(Composed):
    """A project that was started with the profile."""

    @property
    def variables(self) -> dict[str, str]:
        inherited = super().variables
        return {**inherited, "COMPOSE_PROFILES": "observability", "PROMETHEUS_PORT": "0"}

    @property
    def prometheus(self) -> str:
        """The URL of its Prometheus."""
        ports = self.containers["prometheus"]["NetworkSettings"]["Ports"]
        return f"http://127.0.0.1:{ports['9090/tcp'][0]['HostPort']}"


@pytest.fixture(scope="module")
def watched(example: Project) -> Iterator[Watched]:
    composed = Watched(example, f"watched-{os.getpid()}", (OVERRIDE,))
    try:
        composed.make("compose-up")
        yield composed
    finally:
        composed.remove()


def test_prometheus_is_confined(watched: Watched) -> None:
    found = watched.containers["prometheus"]
    assert found["State"]["Health"]["Status"] == "healthy"
    assert found["HostConfig"]["ReadonlyRootfs"] is True
    assert found["HostConfig"]["CapDrop"] == ["ALL"]
    assert published(found) == {"9090/tcp": {"127.0.0.1"}}
    assert _networks(watched, "prometheus") == {"telemetry", "observability"}
    assert _networks(watched, "prometheus") & _networks(watched, "shop") == {"telemetry"}
    for other in ("gateway", "postgresql", "kafka"):
        assert not _networks(watched, "prometheus") & _networks(watched, other)


def test_it_scrapes_every_unit(watched: Watched) -> None:
    def up() -> set[str]:
        found = ask(watched.prometheus, "query", query="up == 1")["result"]
        return {each["metric"]["job"] for each in found}

    jobs = {each["labels"]["job"] for each in _targets(watched)} - {"collector"}
    assert len(jobs) == 14
    wait_until(lambda: up() == jobs, "a scrape of each unit")


def test_the_dashboard_has_data_after_the_scenarios(watched: Watched) -> None:
    assert "3 passed" in watched.make("compose-smoke")
    for query in queries(watched.project.root):
        asked = filled_in(query)
        wait_until(partial(_after_scenarios, watched, asked), f"data of {asked}")


def test_its_data_survives_a_kill(watched: Watched) -> None:
    def scrapes() -> int:
        found = _result(watched, 'max(count_over_time(up{job="order"}[1h]))')
        return int(found[0]["value"][1]) if found else 0

    before = wait_until(lambda: (count := scrapes()) > 2 and count, "some scrapes")
    watched.kill("prometheus")
    assert wait_until(scrapes, "samples") >= before


def test_zz_down_leaves_nothing(watched: Watched) -> None:
    watched.remove()
    assert watched.left == []


def _networks(watched: Watched, service: str) -> set[str]:
    """The networks that a container is in, as they are called in the description."""
    names = watched.containers[service]["NetworkSettings"]["Networks"]
    return {name.removeprefix(f"{watched.name}_") for name in names}


def _targets(watched: Watched) -> list[dict[str, dict[str, str]]]:
    return list(ask(watched.prometheus, "targets", state="active")["activeTargets"])


def _after_scenarios(watched: Watched, query: str) -> list[dict[str, list[str]]]:
    """The result of a query; what must grow between two scrapes needs the scenarios again."""
    if not (found := _result(watched, query)):
        watched.make("compose-smoke")
    return found


def _result(watched: Watched, query: str) -> list[dict[str, list[str]]]:
    return list(ask(watched.prometheus, "query", query=query)["result"])
