"""What Compose starts has the limits of the manifests."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import yaml

from tests.deploy.manifests import manifests, pods

UNITS = {"m": 1, "g": 1024, "Mi": 1, "Gi": 1024}


def mebibytes(text: str) -> int:
    """An amount of memory, in Compose's notation or in that of Kubernetes."""
    found = re.fullmatch(r"(\d+)(\w+)", text)
    assert found, text
    return int(found[1]) * UNITS[found[2]]


def limits(service: dict[str, Any]) -> tuple[str, int]:
    found = service["deploy"]["resources"]["limits"]
    return found["cpus"], mebibytes(found["memory"])


def test_limits_are_those_of_the_manifests(project: Path) -> None:
    services = yaml.safe_load((project / "deploy" / "compose.yaml").read_text())["services"]
    wanted = {}
    for name, pod in pods(manifests(project, "local")).items():
        (container,) = pod["containers"]
        found = container["resources"]["limits"]
        wanted[name] = (str(found["cpu"]), mebibytes(found["memory"]))
    composed = {n: limits(each) for n, each in services.items() if "profiles" not in each}
    if "sqlserver" in composed:  # has no manifest
        wanted["sqlserver"] = ("2", 2048)
    assert composed == wanted


def test_what_watches_the_system_is_limited_too(project: Path) -> None:
    services = yaml.safe_load((project / "deploy" / "compose.yaml").read_text())["services"]
    watching = {n: limits(each) for n, each in services.items() if "profiles" in each}
    assert watching.keys() == {"collector", "grafana", "jaeger", "prometheus"}


def test_a_heap_fits_into_its_container(project: Path) -> None:
    services = yaml.safe_load((project / "deploy" / "compose.yaml").read_text())["services"]
    for name, variable in (("kafka", "KAFKA_HEAP_OPTS"), ("cassandra", "MAX_HEAP_SIZE")):
        if name in services:
            heap = services[name]["environment"][variable].lower().removeprefix("-xms").split()[0]
            assert 2 * mebibytes(heap) <= limits(services[name])[1]
