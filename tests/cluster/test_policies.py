"""What network policies forbid cannot be reached, in a cluster that enforces them.

Each workload of a spec is a small pod with its label, which listens on its ports and on one more.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.deploy.manifests import LABEL, Edge, Manifest, edges, jobs, manifests, of_kind, workloads
from tests.servers.kubernetes import Cluster
from tests.servers.kubernetes.images import POD
from tests.waiting import wait_until

NAMESPACE, OUTSIDE = "policies", "outside"
STRANGER, VISITOR = "stranger", "visitor"
OTHER = 9999
"""A port that no policy names."""


@dataclass(frozen=True)
class Pods:
    """The pods of a namespace with policies, and one outside."""

    cluster: Cluster
    ports: dict[str, list[int]]
    allowed: set[Edge]

    def reached(self, namespace: str, sources: Iterable[str]) -> set[Edge]:
        """Return what is reached from some pods of a namespace."""
        targets = self._targets()
        with ThreadPoolExecutor(8) as pool:
            found = pool.map(lambda source: self._dialled(namespace, source, targets), sources)
            return {edge for each in found for edge in each if edge[0] != edge[1]}

    def _dialled(
        self, namespace: str, source: str, targets: dict[str, tuple[str, int]]
    ) -> set[Edge]:
        command = ("exec", source, f"--namespace={namespace}", "--", "/pod", "dial")
        printed = self.cluster.kubectl(*command, *targets)
        return {(source, *targets[address]) for address in printed.split()}

    def _targets(self) -> dict[str, tuple[str, int]]:
        pods = self.cluster.get("pod", NAMESPACE)
        return {
            f"{pods[name]['status']['podIP']}:{port}": (name, port)
            for name, ports in self.ports.items()
            for port in ports
        }


@pytest.fixture(scope="module")
def pods(cluster: Cluster, generated: Callable[[str], Path]) -> Iterator[Pods]:
    """Those of the stage of the tour with the most units."""
    found = manifests(generated("6-cqrs"), "local")
    ports = {name: [*_ports(each), OTHER] for name, each in workloads(found).items()}
    ports |= {name: [OTHER] for name in (*jobs(found), STRANGER)}
    policies = of_kind(found, "NetworkPolicy")
    for each in policies:
        each["metadata"]["namespace"] = NAMESPACE
    namespaces = ({"metadata": {"name": name}} for name in (NAMESPACE, OUTSIDE))
    try:
        cluster.apply(*({"apiVersion": "v1", "kind": "Namespace", **each} for each in namespaces))
        cluster.apply(*policies)
        cluster.apply(*(_pod(NAMESPACE, *each) for each in ports.items()))
        cluster.apply(_pod(OUTSIDE, VISITOR, [OTHER]))
        for namespace in (NAMESPACE, OUTSIDE):
            every = ("pod", "--all", f"--namespace={namespace}", "--timeout=2m")
            cluster.kubectl("wait", "--for=condition=Ready", *every)
        yield Pods(cluster, ports, edges(found, "ingress"))
    finally:
        cluster.kubectl("delete", "namespace", "--ignore-not-found", NAMESPACE, OUTSIDE)


def _ports(workload: Manifest) -> list[int]:
    (container,) = workload["spec"]["template"]["spec"]["containers"]
    return [each["containerPort"] for each in container["ports"]]


def _pod(namespace: str, name: str, ports: list[int]) -> Manifest:
    container = {"name": "pod", "image": POD, "args": [str(port) for port in ports]}
    return {
        "apiVersion": "v1",
        "kind": "Pod",
        "metadata": {"name": name, "namespace": namespace, "labels": {LABEL: name}},
        "spec": {
            "automountServiceAccountToken": False,
            "terminationGracePeriodSeconds": 1,
            "containers": [container],
        },
    }


def test_a_pod_reaches_what_the_graph_says_and_nothing_else(pods: Pods) -> None:
    assert len(pods.allowed) > 20
    wait_until(lambda: pods.allowed <= pods.reached(NAMESPACE, pods.ports), "what is allowed")
    assert pods.reached(NAMESPACE, pods.ports) == pods.allowed


def test_only_the_gateway_is_reached_from_elsewhere(pods: Pods) -> None:
    assert pods.reached(OUTSIDE, [VISITOR]) == {(VISITOR, "gateway", 8080)}
