"""A cluster of one node: a control plane, containers, names, and network policies that hold."""

from __future__ import annotations

import json
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from tests.servers.kubernetes.containers import Containerd, Kubelet
from tests.servers.kubernetes.control import ApiServer, ControllerManager, Etcd, Scheduler
from tests.servers.kubernetes.images import COREDNS, program_images
from tests.servers.kubernetes.network import KubeProxy, KubeRouter
from tests.servers.kubernetes.node import NAME, Node
from tests.servers.server import Server

_LABEL = "app.kubernetes.io/name"
_COREFILE = """\
cluster.local:53 {
    errors
    ready
    kubernetes cluster.local {
        kubeconfig /etc/coredns/kubeconfig test
        ttl 30
    }
    cache 30
}
.:53 {
    template ANY ANY {
        rcode NXDOMAIN
    }
}
"""
"""Names are cached as in most clusters: it is what clients find for 30 seconds that matters."""


@contextmanager
def timed(what: str) -> Iterator[None]:
    """Print how long something takes."""
    begun = time.monotonic()
    yield
    print(f"{what}: {time.monotonic() - begun:.1f} s", flush=True)


class Cluster:
    """A cluster that a test starts, and of which nothing is left when it is removed.

    Attributes:
        node: Its only node.
        server: Its API server.
    """

    def __init__(self) -> None:
        self.node = Node()
        control = self.node.home / "control"
        etcd = Etcd(control / "etcd")
        self.server = ApiServer(control / "server", etcd, self.node.addresses)
        self._containerd = Containerd(self.node)
        self._volumes = 0
        self._control: tuple[Server, ...] = (
            etcd,
            self.server,
            ControllerManager(control / "controllers", self.server),
            Scheduler(control / "scheduler", self.server),
        )
        self._on_node: tuple[Server, ...] = (
            Kubelet(self.node, self._containerd, self.server),
            KubeProxy(self.node, self.server),
            KubeRouter(self.node, self.server),
        )

    def start(self) -> None:
        """Start its servers, one after the other."""
        for each in (self.node, *self._control, self._containerd):
            with timed(each.name):
                each.start()
        with program_images() as images:
            self.load(*images)
        for each in self._on_node:
            with timed(each.name):
                each.start()
        with timed("CoreDNS"):
            self._start_names()

    def remove(self) -> None:
        """End and remove all of it."""
        for each in (*reversed(self._on_node), self._containerd, *reversed(self._control)):
            each.kill()
        self.node.remove()

    def load(self, *images: str) -> None:
        """Bring images of the Docker engine of this machine to the node."""
        with timed(f"images: {', '.join(images)}"):
            self._containerd.load(*images)

    def kill_container(self, id: str) -> None:
        """Kill the first process of a container, as a crash does."""
        self._containerd.kill_container(id)

    def kubectl(self, *arguments: str, text: str | None = None) -> str:
        """Run a command of kubectl, which must succeed, and return what it printed."""
        done = self.server.kubectl(*arguments, text=text)
        assert done.returncode == 0, f"kubectl {' '.join(arguments)}\n{done.stdout}\n{done.stderr}"
        return done.stdout

    def get(self, kind: str, namespace: str, *arguments: str) -> dict[str, Any]:
        """Return the resources of a kind by name."""
        printed = self.kubectl("get", kind, f"--namespace={namespace}", "--output=json", *arguments)
        return {each["metadata"]["name"]: each for each in json.loads(printed)["items"]}

    def apply(self, *resources: dict[str, Any]) -> None:
        """Bring resources to the cluster."""
        content = json.dumps({"apiVersion": "v1", "kind": "List", "items": resources})
        self.kubectl("apply", "--server-side", "--filename=-", text=content)

    def add_volumes(self, *sizes: str) -> None:
        """Add volumes of the node, which claims are bound to by their size."""
        for size in sizes:
            self._volumes += 1
            path = self.node.home / "volumes" / str(self._volumes)
            path.mkdir(parents=True)
            term = {"key": "kubernetes.io/hostname", "operator": "In", "values": [NAME]}
            self.apply(
                {
                    "apiVersion": "v1",
                    "kind": "PersistentVolume",
                    "metadata": {"name": f"volume-{self._volumes}"},
                    "spec": {
                        "capacity": {"storage": size},
                        "accessModes": ["ReadWriteOnce"],
                        "local": {"path": str(path)},
                        "nodeAffinity": {
                            "required": {"nodeSelectorTerms": [{"matchExpressions": [term]}]}
                        },
                    },
                }
            )

    def _start_names(self) -> None:
        metadata = {"name": "coredns", "namespace": "kube-system", "labels": {_LABEL: "coredns"}}
        ports = [{"name": each.lower(), "protocol": each, "port": 53} for each in ("UDP", "TCP")]
        files = {"Corefile": _COREFILE, "kubeconfig": self.server.kubeconfig.read_text()}
        container = {
            "name": "coredns",
            "image": COREDNS,
            "args": ["-conf", "/etc/coredns/Corefile"],
            "readinessProbe": {"httpGet": {"path": "/ready", "port": 8181}, "periodSeconds": 1},
            "volumeMounts": [{"name": "files", "mountPath": "/etc/coredns"}],
        }
        pod = {
            "dnsPolicy": "Default",
            "containers": [container],
            "volumes": [{"name": "files", "secret": {"secretName": "coredns"}}],
        }
        selector = {_LABEL: "coredns"}
        self.apply(
            {"apiVersion": "v1", "kind": "Secret", "metadata": metadata, "stringData": files},
            {
                "apiVersion": "v1",
                "kind": "Service",
                "metadata": metadata,
                "spec": {"clusterIP": self.node.names, "selector": selector, "ports": ports},
            },
            {
                "apiVersion": "apps/v1",
                "kind": "Deployment",
                "metadata": metadata,
                "spec": {
                    "selector": {"matchLabels": selector},
                    "template": {"metadata": {"labels": selector}, "spec": pod},
                },
            },
        )
        self.kubectl(
            *("rollout", "status", "deployment/coredns", "--namespace=kube-system"), "--timeout=2m"
        )
