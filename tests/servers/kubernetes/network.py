"""Services, and the policies of a node's network."""

from __future__ import annotations

from collections.abc import Sequence

from tests.servers.kubernetes.control import ApiServer
from tests.servers.kubernetes.node import NAME, Node, OnNode
from tests.servers.kubernetes.programs import program


class KubeProxy(OnNode):
    """It leads what is sent to a Service to one of its pods."""

    name = "kube-proxy"

    def __init__(self, node: Node, server: ApiServer) -> None:
        super().__init__(node)
        self._server = server

    def prepare(self) -> None:
        """There is nothing to install."""

    def on_node(self) -> Sequence[str]:
        return (
            program("kubernetes", "kube-proxy"),
            f"--kubeconfig={self._server.kubeconfig}",
            "--proxy-mode=iptables",
            f"--hostname-override={NAME}",
            f"--cluster-cidr={self._node.pods}",
            "--conntrack-max-per-core=0",
        )

    def answers(self) -> bool:
        return "KUBE-SERVICES" in self._node.run("iptables-save", "--table=nat")


class KubeRouter(OnNode):
    """It enforces network policies."""

    name = "kube-router"

    def __init__(self, node: Node, server: ApiServer) -> None:
        super().__init__(node)
        self._server = server

    def prepare(self) -> None:
        """There is nothing to install."""

    def on_node(self) -> Sequence[str]:
        return (
            program("kube-router", "kube-router"),
            f"--kubeconfig={self._server.kubeconfig}",
            f"--hostname-override={NAME}",
            f"--service-cluster-ip-range={self._node.addresses.services}",
            "--run-firewall=true",
            "--run-router=false",
            "--run-service-proxy=false",
        )

    def answers(self) -> bool:
        return "KUBE-ROUTER-FORWARD" in self._node.run("iptables-save", "--table=filter")
