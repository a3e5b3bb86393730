"""The manifests of a project, as they lie in its folder."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any, TypeAlias

import yaml

Manifest: TypeAlias = dict[str, Any]
Edge: TypeAlias = tuple[str, str, int]
"""Who may reach whom, at which port."""

LABEL = "app.kubernetes.io/name"


def manifests(project: Path, overlay: str) -> list[Manifest]:
    """All of the base and of an overlay, but for kustomizations."""
    folders = (project / "deploy" / "k8s" / "base", project / "deploy/k8s/overlays" / overlay)
    documents = [
        document
        for folder in folders
        for path in sorted(folder.glob("*.yaml"))
        for document in yaml.safe_load_all(path.read_text(encoding="utf-8"))
    ]
    return [each for each in documents if each["kind"] != "Kustomization"]


def of_kind(found: Iterable[Manifest], *kinds: str) -> list[Manifest]:
    """Those of some kinds."""
    return [each for each in found if each["kind"] in kinds]


def workloads(found: Iterable[Manifest]) -> dict[str, Manifest]:
    """The deployments and stateful sets by name."""
    return {each["metadata"]["name"]: each for each in of_kind(found, "Deployment", "StatefulSet")}


def jobs(found: Iterable[Manifest]) -> dict[str, Manifest]:
    """The jobs by name."""
    return {each["metadata"]["name"]: each for each in of_kind(found, "Job")}


def pods(found: Iterable[Manifest]) -> dict[str, Manifest]:
    """What all pods are made of, by the name of their workload or job."""
    made = {**workloads(found), **jobs(found)}
    return {name: each["spec"]["template"]["spec"] for name, each in made.items()}


def edges(found: Iterable[Manifest], direction: str) -> set[Edge]:
    """What network policies allow, between the pods of the namespace: `ingress` or `egress`."""
    return {edge for policy in of_kind(found, "NetworkPolicy") for edge in _of(policy, direction)}


def _of(policy: Manifest, direction: str) -> Iterator[Edge]:
    peers = {"ingress": "from", "egress": "to"}[direction]
    for rule in policy["spec"].get(direction, ()):
        for pod in _selected(policy["spec"]["podSelector"]):
            for peer in rule.get(peers, ()):
                for other in _selected(peer.get("podSelector", {})):
                    for port in rule["ports"]:
                        ends = (other, pod) if direction == "ingress" else (pod, other)
                        yield (*ends, port["port"])


def _selected(selector: Manifest) -> list[str]:
    if name := selector.get("matchLabels", {}).get(LABEL):
        return [name]
    return [
        value
        for each in selector.get("matchExpressions", ())
        if each["key"] == LABEL
        for value in each["values"]
    ]
