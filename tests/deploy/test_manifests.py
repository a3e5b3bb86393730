"""The manifests keep the rules of a cluster and say what the spec says."""

from __future__ import annotations

import os
import re
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest
import yaml

from meshgen.naming import system_package, unit_package
from meshgen.spec.check import read_spec
from meshgen.spec.model import Spec
from meshgen.system.lower import resolve
from meshgen.system.model import DeployView
from tests.deploy.conftest import SPECS
from tests.deploy.manifests import (
    LABEL,
    Edge,
    Manifest,
    edges,
    jobs,
    manifests,
    of_kind,
    pods,
    workloads,
)

OVERLAYS = ("local", "production")
SERVERS = {
    "cassandra": 9042,
    "kafka": 9092,
    "mongodb": 27017,
    "nats": 4222,
    "postgresql": 5432,
    "rabbitmq": 5672,
    "redis": 6379,
}
OF_A_JOB = {
    "requests": {"cpu": "100m", "memory": "192Mi"},
    "limits": {"cpu": "1", "memory": "512Mi"},
}
DRAIN_TIMEOUT = 8
WRITE_THEIR_CONFIGURATION = {"kafka", "rabbitmq", "cassandra"}


@pytest.fixture(params=OVERLAYS, scope="session")
def found(project: Path, request: pytest.FixtureRequest) -> list[Manifest]:
    return manifests(project, str(request.param))


def test_pods_are_confined(found: list[Manifest]) -> None:
    for name, pod in pods(found).items():
        assert pod["automountServiceAccountToken"] is False
        assert pod["serviceAccountName"] == name
        assert pod["securityContext"]["runAsNonRoot"] is True
        assert pod["securityContext"]["runAsUser"] > 0
        assert pod["securityContext"]["seccompProfile"] == {"type": "RuntimeDefault"}
        assert not {"hostNetwork", "hostPID", "hostIPC"} & pod.keys()
        for container in pod["containers"]:
            context = container["securityContext"]
            assert context["allowPrivilegeEscalation"] is False
            assert context["capabilities"] == {"drop": ["ALL"]}
            assert context["readOnlyRootFilesystem"] is (name not in WRITE_THEIR_CONFIGURATION)


def test_pods_are_watched_and_limited(found: list[Manifest]) -> None:
    disruptions = {
        each["spec"]["selector"]["matchLabels"][LABEL]
        for each in of_kind(found, "PodDisruptionBudget")
    }
    accounts = {each["metadata"]["name"]: each for each in of_kind(found, "ServiceAccount")}
    for name, workload in workloads(found).items():
        assert name in disruptions
        assert accounts[name]["automountServiceAccountToken"] is False
        for container in workload["spec"]["template"]["spec"]["containers"]:
            assert {"startupProbe", "readinessProbe", "livenessProbe"} <= container.keys()
            for amounts in (container["resources"]["requests"], container["resources"]["limits"]):
                assert amounts.keys() == {"cpu", "memory"}


def test_an_old_pod_serves_as_long_as_clients_may_know_its_address(found: list[Manifest]) -> None:
    services = {each["metadata"]["name"]: each["spec"] for each in of_kind(found, "Service")}
    for deployment in of_kind(found, "Deployment"):
        pod = deployment["spec"]["template"]["spec"]
        (container,) = pod["containers"]
        variables = {each["name"]: each["value"] for each in container.get("env", ())}
        if deployment["metadata"]["name"] == "gateway":
            assert "/healthcheck/fail" in str(container["lifecycle"]["preStop"])
        elif deployment["spec"]["strategy"].get("type") == "Recreate":
            assert "DRAIN_DELAY" not in variables  # nobody else serves meanwhile
            assert (
                "clusterIP" not in services[deployment["metadata"]["name"]]
            )  # so it stays the same
        else:
            delay = int(variables["DRAIN_DELAY"])
            assert deployment["spec"]["minReadySeconds"] <= delay
            assert delay + DRAIN_TIMEOUT < pod["terminationGracePeriodSeconds"]


def test_stores_on_servers_are_prepared_by_jobs(
    found: list[Manifest], spec: Spec, project: Path
) -> None:
    place = _places(spec, project)
    engines = {unit.name: unit.store.engine for unit in (*spec.services, *spec.views)}
    wanted: dict[str, set[str]] = {}
    for unit, engine in engines.items():
        if engine != "sqlite":
            wanted.setdefault(f"{place[unit][0]}-migrate", set()).add(unit)
    units: dict[str, set[str]] = {}
    accounts = {each["metadata"]["name"]: each for each in of_kind(found, "ServiceAccount")}
    for name, job in jobs(found).items():
        assert accounts[name]["automountServiceAccountToken"] is False
        assert job["spec"]["template"]["metadata"]["labels"][LABEL] == name
        assert job["spec"]["activeDeadlineSeconds"]
        (container,) = job["spec"]["template"]["spec"]["containers"]
        assert container["command"][:4] == ["python", "-m", "chassis.ops", "migrate"]
        units[name] = set(container["command"][4:])
        workload = workloads(found)[name.removesuffix("-migrate")]["spec"]["template"]["spec"]
        assert container["image"] == workload["containers"][0]["image"]
        assert container["resources"] == OF_A_JOB  # it has no load to be sized by
        settings = {each["name"]: each["value"] for each in container["env"]}
        assert settings == {
            f"{unit.upper()}_STORE_URL_FILE": f"/run/secrets/{engines[unit]}_url"
            for unit in units[name]
        }
    assert units == wanted


def test_no_manifest_has_a_secret(found: list[Manifest]) -> None:
    assert of_kind(found, "Secret") == []
    for pod in pods(found).values():
        for container in pod["containers"]:
            for variable in container.get("env", ()):
                assert "@" not in variable["value"].removeprefix("1@")  # that of Kafka's voters
                assert "PASSWORD" not in variable["name"] or variable["name"].endswith("_FILE")


def test_the_local_overlay_gets_all_that_it_reads(project: Path, tmp_path: Path) -> None:
    kubectl = tmp_path / "kubectl"
    kubectl.write_text('#!/bin/sh\ncase $1 in create) echo "$@" >&2; esac\n')
    kubectl.chmod(0o755)
    keys = project / ".local" / "keys" / "jwks.json"
    keys.parent.mkdir(parents=True, exist_ok=True)
    keys.write_text("{}")
    command = ["sh", "deploy/local-secrets.sh"]
    path = f"{tmp_path}{os.pathsep}{os.environ['PATH']}"
    environment = {**os.environ, "PATH": path}
    done = subprocess.run(
        command, cwd=project, env=environment, check=True, capture_output=True, text=True
    )
    created = re.compile(r"^create (?:configmap|secret generic) (\S+) (.*)", re.MULTILINE)
    brought = {
        (name, key.partition("=")[0])
        for name, files in created.findall(done.stderr)
        for key in re.findall(r"--from-file (\S+)", files)
    }
    read = {
        (source["secret"].get("name") or source["secret"]["secretName"], item["key"])
        for pod in pods(manifests(project, "local")).values()
        for volume in pod["volumes"]
        for source in volume.get("projected", {}).get("sources", (volume,))
        if "secret" in source
        for item in source["secret"]["items"]
    }
    assert brought == read | {("keys", "jwks.json")}


def test_the_policies_are_the_graph(found: list[Manifest], spec: Spec, project: Path) -> None:
    deny = next(each for each in of_kind(found, "NetworkPolicy") if not each["spec"]["podSelector"])
    assert set(deny["spec"]["policyTypes"]) == {"Ingress", "Egress"}
    assert not {"ingress", "egress"} & deny["spec"].keys()
    wanted = _graph(spec, project, set(workloads(found)) & SERVERS.keys())
    assert edges(found, "ingress") == wanted
    assert edges(found, "egress") == wanted


def test_whom_a_process_calls_it_may_reach(found: list[Manifest]) -> None:
    allowed = edges(found, "egress")
    called = [
        (name, container, host, int(port))
        for name, pod in pods(found).items()
        for container in pod["containers"]
        for variable in container.get("env", ())
        if variable["name"] == "PEERS"
        for host, port in re.findall(r"=http://([^:,]+):(\d+)", variable["value"])
    ]
    for name, container, host, port in called:
        own = {each["containerPort"] for each in container["ports"]}
        assert port in own if host == "127.0.0.1" else (name, host, port) in allowed


def _graph(spec: Spec, project: Path, servers: set[str]) -> set[Edge]:
    """What the spec says: routes of the gateway, calls of backends, stores and the event hub."""
    place = _places(spec, project)
    views = (*spec.services, *spec.views)
    routes = {("gateway", *where) for where in place.values()}
    calls = {
        (place[bff.name][0], *place[part.target.unit])
        for bff in spec.bffs
        for endpoint in bff.endpoints
        for part in endpoint.parts
    }
    engines = {(unit.name, unit.store.engine) for unit in views}
    engines |= {(unit.name, spec.event_hub.engine) for unit in views}
    used = {
        (place[unit][0], engine, SERVERS[engine]) for unit, engine in engines if engine in servers
    }
    used |= {
        (f"{place[unit.name][0]}-migrate", engine, SERVERS[engine])
        for unit in views
        if (engine := unit.store.engine) in servers
    }
    return routes | {call for call in calls if call[0] != call[1]} | used


def _places(spec: Spec, project: Path) -> dict[str, tuple[str, int]]:
    """The host and the port of each unit, as the images say: `shop_order.service:service@...`."""
    packages = {
        match[1]: (path.name.removesuffix(".Dockerfile"), int(match[2]))
        for path in project.glob("deploy/images/*.Dockerfile")
        for match in re.finditer(r'"(\w+)\.\w+:\w+@0\.0\.0\.0:(\d+)"', path.read_text("utf-8"))
    }
    units = (*spec.services, *spec.views, *spec.bffs)
    return {
        unit.name: where
        for unit in units
        for package, where in packages.items()
        if package == unit_package(system_package(spec.name), unit.name)
    }


def test_a_kustomization_names_what_lies_beside_it(project: Path) -> None:
    for path in project.glob("deploy/k8s/**/kustomization.yaml"):
        named = set(yaml.safe_load(path.read_text(encoding="utf-8"))["resources"]) - {"../../base"}
        assert named == {each.name for each in path.parent.glob("*.yaml")} - {path.name}


def test_sizes_and_autoscaling_are_those_of_the_plan(
    generated: Callable[[str], Path],
) -> None:
    sizes = {each.host: each.size for each in _deploy("shop").deployables}
    sizes["gateway"] = _deploy("shop").gateway
    found = manifests(generated("shop"), "production")
    for name, workload in workloads(found).items():
        (container,) = workload["spec"]["template"]["spec"]["containers"]
        size = sizes[name]
        assert container["resources"]["requests"] == {"cpu": size.cpu, "memory": size.memory}
        assert container["resources"]["limits"] == {"cpu": "1", "memory": size.memory_limit}
    scaled = {
        each["spec"]["scaleTargetRef"]["name"]: (
            each["spec"].get("minReplicas", each["spec"].get("minReplicaCount")),
            each["spec"].get("maxReplicas", each["spec"].get("maxReplicaCount")),
        )
        for kind in ("HorizontalPodAutoscaler", "ScaledObject")
        for each in of_kind(found, kind)
    }
    assert scaled == {name: (s.replicas_min, s.replicas_max) for name, s in sizes.items()}


def test_only_a_spec_with_an_slo_has_the_page_and_rules_on_budgets(
    project: Path, spec: Spec
) -> None:
    page = project / "docs" / "capacity.md"
    rules = project / "deploy" / "observability" / "rules.yaml"
    groups = {each["name"]: each for each in yaml.safe_load(rules.read_text("utf-8"))["groups"]}
    has_budgets = {"request-errors", "error-budgets"} <= groups.keys()
    assert page.exists() == has_budgets == (spec.slo is not None)
    if spec.slo is None:
        return
    text = page.read_text(encoding="utf-8")
    assert all(f"| {peak.name} |" in text for peak in spec.slo.peaks)
    recorded = {rule["record"] for rule in groups["request-errors"]["rules"]}
    for rule in groups["error-budgets"]["rules"]:
        assert set(re.findall(r"service:\w+:\w+", rule["expr"])) <= recorded


def _deploy(name: str) -> DeployView:
    return resolve(read_spec(SPECS[name])).deploy
