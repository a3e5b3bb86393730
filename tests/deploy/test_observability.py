"""What is watched exists: metrics, targets, networks, and the same in Compose and manifests."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import pytest
import yaml
from chassis.process.admission import Admission, Load
from chassis.process.limiter import Limits
from chassis.telemetry import Metrics
from chassis.telemetry.snapshot import GAUGES
from prometheus_client import CollectorRegistry

from meshgen.spec.model import Spec
from tests.deploy.conftest import ROOT
from tests.deploy.manifests import manifests, of_kind
from tests.deploy.promql import dashboard, metrics, panels, queries, rules

WATCHING = {"collector", "grafana", "jaeger", "prometheus"}
SUFFIXES = {"counter": ("_total",), "histogram": ("_bucket", "_count", "_sum"), "gauge": ("",)}


def declared() -> set[str]:
    """The names of all samples that a unit can have."""
    unit = Metrics("order")
    load = CollectorRegistry()
    load.register(Load("order", Admission("order", Limits(running=1, waiting=1, seconds=1.0))))
    families = (*unit.registry.collect(), *load.collect())
    names = {f"{each.name}{end}" for each in families for end in SUFFIXES[each.type]}
    return names | {f"chassis_{name}" for name in GAUGES}


@pytest.mark.parametrize(
    ("expression", "found"),
    [
        ('sum by (a, le) (rate(x_bucket{a=~"b|y", c!="(z"}[5m]))', {"x_bucket"}),
        ("topk(10, histogram_quantile(0.95, sum by (le) (rate(x[$__rate_interval]))))", {"x"}),
        ("(sum(x) or 0 * sum(y)) / (z > 1e3)", {"x", "y", "z"}),
        ('a:b:rate5m{s="t"} > 0.01 and max without (c) (d offset 5m)', {"a:b:rate5m", "d"}),
        ("rate (x[5m]) / on (service) group_left (team) y", {"x", "y"}),
    ],
)
def test_names_are_found_in_expressions(expression: str, found: set[str]) -> None:
    assert metrics(expression) == found


def test_only_metrics_that_the_chassis_has_are_asked_for(project: Path) -> None:
    recorded = {rule["record"] for rule in rules(project) if "record" in rule}
    asked = [*queries(project), *(rule["expr"] for rule in rules(project))]
    assert asked
    for expression in asked:
        assert metrics(expression)
        assert metrics(expression) <= declared() | recorded, expression
    variable = next(v for v in _variables(project) if v["name"] == "service")
    (metric,) = re.findall(r"label_values\((\w+), service\)", variable["definition"])
    assert metric in declared()


def test_every_query_is_about_the_chosen_units(project: Path) -> None:
    for expression in queries(project):
        selectors = re.findall(r"\{([^{}]*)\}", expression)
        assert len(selectors) == len(re.findall(r"(?:chassis|http_server)_\w+", expression))
        assert all('service=~"$service"' in each for each in selectors)


def test_panels_have_ids_of_their_own_and_do_not_overlap(project: Path) -> None:
    found = dashboard(project)["panels"]
    ids = [each["id"] for each in found]
    assert len(set(ids)) == len(ids)
    cells: set[tuple[int, int]] = set()
    for place in (each["gridPos"] for each in found):
        mine = {
            (x, y)
            for x in range(place["x"], place["x"] + place["w"])
            for y in range(place["y"], place["y"] + place["h"])
        }
        assert not mine & cells
        assert all(x < 24 for x, _ in mine)
        cells |= mine


def test_there_are_rows_for_what_the_system_has(project: Path, spec: Spec) -> None:
    found = {each["id"]: each["title"] for each in dashboard(project)["panels"]}
    titles = {title for id, title in found.items() if id % 100 == 0}
    assert ("Projections" in titles) == bool(spec.projections)
    assert ("Streams" in titles) == bool(spec.streams)
    assert ("Sagas" in titles) == any(service.sagas for service in spec.services)
    assert found[100] == "Requests"  # whatever else there is
    assert found[601] == "Age of the outbox"


def test_durations_lead_to_traces(project: Path) -> None:
    titles = {
        panel["title"] for panel in panels(project) for t in panel["targets"] if "exemplar" in t
    }
    assert titles == {"Duration", "Duration of handlers"}
    sources = _yaml(project / "deploy/observability/grafana/datasources.yaml")["datasources"]
    by_type = {each["type"]: each for each in sources}
    (leads,) = by_type["prometheus"]["jsonData"]["exemplarTraceIdDestinations"]
    assert leads == {"name": "trace_id", "datasourceUid": by_type["jaeger"]["uid"]}


def test_alerts_have_a_severity_and_a_summary(project: Path, spec: Spec) -> None:
    alerts = {rule["alert"]: rule for rule in rules(project) if "alert" in rule}
    sagas = {"StuckSagas"} if any(service.sagas for service in spec.services) else set()
    wanted = {"ConsumerLag", "OutboxAge", "DeadLetters"} | sagas
    assert {name for name in alerts if "ErrorBudget" not in name} == wanted
    for rule in alerts.values():
        assert rule["labels"]["severity"] in ("page", "ticket")
        labels = set(re.findall(r"\$labels\.(\w+)", rule["annotations"]["summary"]))
        assert labels <= set(re.findall(r"\w+", "".join(re.findall(r"by \((.*?)\)", rule["expr"]))))


def test_probes_and_scrapes_spend_no_error_budget(project: Path) -> None:
    for rule in rules(project):
        for selector in re.findall(r"http_server_\w+\{([^{}]*)\}", rule["expr"]):
            assert 'http_route!~"/livez|/readyz|/metrics"' in selector


def test_prometheus_scrapes_each_unit_at_its_port(project: Path, spec: Spec) -> None:
    jobs = _yaml(project / "deploy/observability/prometheus.yaml")["scrape_configs"]
    scraped = {}
    for job in jobs:
        for found in job.get("dns_sd_configs", ()):
            scraped[job["job_name"]] = (*found["names"], found["port"])
    monitored = {
        (each["metadata"]["name"], int(endpoint["port"].removeprefix("http-")))
        for each in of_kind(manifests(project, "production"), "PodMonitor")
        for endpoint in each["spec"]["podMetricsEndpoints"]
    }
    assert set(scraped.values()) == monitored
    assert scraped.keys() == {u.name for u in (*spec.services, *spec.views, *spec.bffs)}


def test_manifests_have_the_same_dashboard_and_rules(project: Path) -> None:
    found = manifests(project, "production")
    maps = {each["metadata"]["name"]: each for each in of_kind(found, "ConfigMap")}
    stored = maps["dashboard"]
    assert stored["metadata"]["labels"] == {"grafana_dashboard": "1"}
    (text,) = stored["data"].values()
    assert json.loads(text) == dashboard(project)
    (rule,) = of_kind(found, "PrometheusRule")
    assert rule["spec"] == _yaml(project / "deploy" / "observability" / "rules.yaml")


def test_the_profile_is_confined(project: Path) -> None:
    composed = _yaml(project / "deploy" / "compose.yaml")
    services, networks = composed["services"], composed["networks"]
    watching = {name for name, each in services.items() if "profiles" in each}
    assert watching == WATCHING
    for name in watching:
        service = services[name]
        assert service["profiles"] == ["observability"]
        assert service["read_only"] is True
        assert service["cap_drop"] == ["ALL"]
        assert service["security_opt"] == ["no-new-privileges:true"]
        assert ("healthcheck" in service) == (name != "collector")
        assert all(port.startswith("127.0.0.1:") for port in service.get("ports", ()))
        for used in service.get("configs", ()):
            file = project / "deploy" / composed["configs"][used["source"]]["file"]
            assert file.is_file()
    assert networks["telemetry"] == {"internal": True}
    in_telemetry = {name for name, each in services.items() if "telemetry" in each["networks"]}
    units = {path.name.removesuffix(".Dockerfile") for path in project.glob("deploy/images/*")}
    assert in_telemetry == (units - {"gateway"}) | {"collector", "prometheus"}
    assert {n for n, each in services.items() if "observability" in each["networks"]} == WATCHING
    for name in WATCHING:  # neither the servers nor the gateway
        assert set(services[name]["networks"]) <= {"telemetry", "observability"}


def test_the_images_that_are_stood_in_for_are_those_of_the_example() -> None:
    containers = ROOT / "tests" / "containers"
    left_out = _yaml_of_compose(containers / "observability.compose.yaml").keys()
    assert left_out == WATCHING - {"prometheus"}
    services = _yaml(ROOT / "examples" / "shop" / "deploy" / "compose.yaml")["services"]
    images = {
        name: {"image": each["image"]}
        for name, each in services.items()
        if "build" not in each and "pull_policy" not in each and name not in left_out
    }
    assert _yaml(containers / "images.compose.yaml")["services"] == images


def _yaml_of_compose(path: Path) -> dict[str, Any]:
    """The services of a file that uses tags of Compose."""
    text = path.read_text(encoding="utf-8").replace("!override", "")
    return dict(yaml.safe_load(text)["services"])


def _variables(project: Path) -> list[dict[str, Any]]:
    return list(dashboard(project)["templating"]["list"])


def _yaml(path: Path) -> dict[str, Any]:
    found = yaml.safe_load(path.read_text(encoding="utf-8"))
    assert isinstance(found, dict)
    return found
