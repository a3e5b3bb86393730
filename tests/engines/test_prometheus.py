"""A real Prometheus scrapes the running shop, and is asked what the dashboard asks.

There is no Grafana: its variables are filled in here.
"""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

import pytest
import yaml
from chassis.testing.system import System

from tests.deploy.promql import filled_in, panels, queries
from tests.e2e.conftest import Project
from tests.servers.otlp import Receiver, receiving
from tests.servers.prometheus import PrometheusServer, ask
from tests.trees import copy_tracked
from tests.waiting import wait_until

EXAMPLE = Path(__file__).parents[2] / "examples" / "shop"
FOLDER = EXAMPLE / "deploy" / "observability"


@dataclass(frozen=True)
class Observed:
    """The shop after its scenarios, and who has watched them."""

    project: Project
    units: frozenset[str]
    server: PrometheusServer
    receiver: Receiver


@pytest.fixture(scope="module")
def observed(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Observed]:
    """The shop, whose scenarios have passed while it was scraped."""
    folder = tmp_path_factory.mktemp("observed")
    copy_tracked(EXAMPLE, folder / "shop")
    project = Project(folder / "shop")
    with ExitStack() as ended:
        receiver = ended.enter_context(receiving())
        ended.callback(project.run, "down")
        project.make("up", OTEL_EXPORTER_OTLP_ENDPOINT=receiver.url)
        units = dict(System.running(project.root).units)
        server = PrometheusServer(folder / "prometheus", _configuration(folder, units))
        ended.callback(server.kill)
        server.start()
        wait_until(lambda: _up(server) == units.keys(), "a scrape of each unit")
        project.make("smoke")
        yield Observed(project, frozenset(units), server, receiver)


def _configuration(folder: Path, units: dict[str, str]) -> Path:
    """Write that of the project, with the addresses of these units, more often."""
    found = yaml.safe_load((FOLDER / "prometheus.yaml").read_text(encoding="utf-8"))
    jobs = {job["job_name"]: job for job in found["scrape_configs"]}
    del jobs["collector"]
    assert jobs.keys() == units.keys()
    for name, job in jobs.items():
        del job["dns_sd_configs"]
        job["static_configs"] = [{"targets": [units[name].removeprefix("http://")]}]
    found["scrape_configs"] = list(jobs.values())
    found["global"] = {"scrape_interval": "1s", "evaluation_interval": "1s"}
    found["rule_files"] = [str(FOLDER / "rules.yaml")]
    path = folder / "prometheus.yaml"
    path.write_text(yaml.safe_dump(found), encoding="utf-8")
    return path


def _up(server: PrometheusServer) -> set[str]:
    return {each["metric"]["job"] for each in server.query("up == 1")}


@pytest.mark.parametrize("query", dict.fromkeys(queries(EXAMPLE)))
def test_the_dashboard_has_data_after_the_scenarios(observed: Observed, query: str) -> None:
    asked = filled_in(query)
    wait_until(partial(_after_scenarios, observed, asked), f"data of {asked}")


def _after_scenarios(observed: Observed, query: str) -> list[Any]:
    """The result of a query; what must grow between two scrapes needs the scenarios again."""
    if not (found := observed.server.query(query)):
        observed.project.make("smoke")
    return found


def test_the_variable_has_the_units(observed: Observed) -> None:
    found = ask(observed.server.url, "label/service/values")
    assert set(found) == observed.units


def test_durations_lead_to_traces_that_were_exported(observed: Observed) -> None:
    asked = [
        filled_in(target["expr"])
        for panel in panels(EXAMPLE)
        for target in panel["targets"]
        if "exemplar" in target
    ]
    assert len(asked) == 2
    for query in asked:
        wait_until(partial(_exported, observed, query), f"an exemplar of {query}, and its trace")


def _exported(observed: Observed, query: str) -> set[str]:
    return _traces(observed.server, query) & observed.receiver.trace_ids


def _traces(server: PrometheusServer, query: str) -> set[str]:
    now = time.time()
    found = ask(
        server.url, "query_exemplars", query=query, start=f"{now - 3600}", end=f"{now + 60}"
    )
    return {exemplar["labels"]["trace_id"] for each in found for exemplar in each["exemplars"]}


def test_rules_are_evaluated_and_no_alert_fires(observed: Observed) -> None:
    groups = ask(observed.server.url, "rules")["groups"]
    rules = [rule for group in groups for rule in group["rules"]]
    written = yaml.safe_load((FOLDER / "rules.yaml").read_text(encoding="utf-8"))["groups"]
    assert len(rules) == sum(len(group["rules"]) for group in written)
    wait_until(
        lambda: observed.server.query("service:request_errors:ratio_rate5m"), "a recorded value"
    )
    groups = ask(observed.server.url, "rules")["groups"]
    for rule in (rule for group in groups for rule in group["rules"]):
        assert rule["health"] == "ok", rule
        assert rule.get("state", "inactive") != "firing", rule
