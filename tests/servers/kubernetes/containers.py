"""Containers and pods of a node."""

from __future__ import annotations

import json
import os
import subprocess
from collections.abc import Sequence
from pathlib import Path
from typing import IO

from tests.servers.kubernetes.control import ApiServer
from tests.servers.kubernetes.images import POD
from tests.servers.kubernetes.node import NAME, PLUGINS, Node, OnNode
from tests.servers.kubernetes.programs import program


class Containerd(OnNode):
    """It runs containers."""

    name = "containerd"

    @property
    def socket(self) -> Path:
        """Where its clients connect to."""
        return self.folder / "socket"

    def prepare(self) -> None:
        network = self.folder / "network"
        network.mkdir(exist_ok=True)
        address = {
            "type": "host-local",
            "subnet": self._node.pods,
            "routes": [{"dst": "0.0.0.0/0"}],
        }
        plugin = {"type": "ptp", "ipam": address}
        _write(
            network / "10-pods.conflist",
            {"cniVersion": "1.0.0", "name": "pods", "plugins": [plugin]},
        )
        (self.folder / "config.toml").write_text(
            f"""\
version = 3
root = "{self.data}"
state = "{self.folder / "state"}"
[grpc]
address = "{self.socket}"
[plugins."io.containerd.cri.v1.images".pinned_images]
sandbox = "docker.io/{POD}"
[plugins."io.containerd.cri.v1.runtime"]
restrict_oom_score_adj = true # without CAP_SYS_RESOURCE, a lower score is refused
[plugins."io.containerd.cri.v1.runtime".cni]
bin_dirs = ["{PLUGINS}"]
conf_dir = "{network}"
[plugins."io.containerd.cri.v1.runtime".containerd.runtimes.runc]
runtime_type = "io.containerd.runc.v2"
"""
        )

    def environment(self) -> dict[str, str]:
        return {"PATH": f"{Path(program('containerd', 'ctr')).parent}:{os.environ['PATH']}"}

    def on_node(self) -> Sequence[str]:
        return (program("containerd", "containerd"), f"--config={self.folder / 'config.toml'}")

    def answers(self) -> bool:
        return self._ctr("version").returncode == 0

    def load(self, *images: str) -> None:
        """Bring images of the Docker engine of this machine to the node."""
        with subprocess.Popen(["docker", "save", *images], stdout=subprocess.PIPE) as saved:
            done = self._ctr("images", "import", "-", stdin=saved.stdout)
        assert (saved.returncode, done.returncode) == (0, 0), done.stderr

    def kill_container(self, id: str) -> None:
        """Kill the first process of a container."""
        done = self._ctr("tasks", "kill", "--signal=SIGKILL", id)
        assert done.returncode == 0, done.stderr

    def _ctr(
        self, *arguments: str, stdin: IO[bytes] | int | None = subprocess.DEVNULL
    ) -> subprocess.CompletedProcess[str]:
        command = (program("containerd", "ctr"), f"--address={self.socket}", "--namespace=k8s.io")
        return subprocess.run(
            [*self._node.inside, *command, *arguments],
            stdin=stdin,
            capture_output=True,
            text=True,
            check=False,
        )


class Kubelet(OnNode):
    """It runs the pods of its node."""

    name = "kubelet"

    def __init__(self, node: Node, containerd: Containerd, server: ApiServer) -> None:
        super().__init__(node)
        self._containerd = containerd
        self._server = server

    def prepare(self) -> None:
        resolver = self.folder / "resolv.conf"
        resolver.write_text("nameserver 127.0.0.1\n")
        _write(
            self.folder / "config.json",
            {
                "apiVersion": "kubelet.config.k8s.io/v1beta1",
                "kind": "KubeletConfiguration",
                "address": self._node.address,
                "containerRuntimeEndpoint": f"unix://{self._containerd.socket}",
                "authentication": {"anonymous": {"enabled": True}, "webhook": {"enabled": False}},
                "authorization": {"mode": "AlwaysAllow"},
                "clusterDNS": [self._node.names],
                "clusterDomain": "cluster.local",
                "resolvConf": str(resolver),
                "cgroupDriver": "cgroupfs",
                "cgroupRoot": f"/{self._node.home.name}",
                # A machine with the first version of control groups will do, too.
                "failCgroupV1": False,
                "cgroupsPerQOS": False,
                "enforceNodeAllocatable": [],
                "failSwapOn": False,
                # The disk is that of this machine.
                "imageGCHighThresholdPercent": 100,
                "evictionHard": {
                    "memory.available": "100Mi",
                    **dict.fromkeys(
                        ("nodefs.available", "nodefs.inodesFree", "imagefs.available"), "0%"
                    ),
                },
            },
        )

    def on_node(self) -> Sequence[str]:
        return (
            program("kubernetes", "kubelet"),
            f"--config={self.folder / 'config.json'}",
            f"--kubeconfig={self._server.kubeconfig}",
            f"--hostname-override={NAME}",
            f"--node-ip={self._node.address}",
            f"--cert-dir={self.folder / 'certificates'}",
        )

    def answers(self) -> bool:
        ready = "{.status.conditions[?(@.type=='Ready')].status}"
        return (
            self._server.kubectl("get", "node", NAME, f"--output=jsonpath={ready}").stdout == "True"
        )


def _write(path: Path, content: object) -> None:
    path.write_text(json.dumps(content))
