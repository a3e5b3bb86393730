"""A node in namespaces of its own: processes, mounts and network end with it.

Pods have real containers, and addresses that this machine reaches. All of it runs as root.
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import IO

import psutil

from tests.servers.debian import install
from tests.servers.kubernetes.control import Addresses, ApiServer
from tests.servers.kubernetes.images import POD
from tests.servers.kubernetes.programs import program
from tests.servers.server import Server

NAME = "node"
_PLUGINS = Path("/usr/lib/cni")
_PACKAGES = {
    "conntrack": "conntrack",
    "ipset": "ipset",
    "iptables": "iptables",
    "runc": "runc",
    str(_PLUGINS / "ptp"): "containernetworking-plugins",
}
_KEPT_APART = ("/var/lib/cni", "/var/lib/kubelet", "/var/log")
_SETTINGS = ("net.ipv4.ip_forward=1", "net.ipv4.conf.all.rp_filter=0")


class Node(Server):
    """The namespaces, and the link between them and this machine.

    Attributes:
        addresses: Those of the API server and of Services, beside those of pods.
        home: The folder of all that the node stores; short, since it is part of names of sockets.
    """

    name = NAME

    def __init__(self) -> None:
        number = os.getpid() % 250
        network = f"198.18.{number}"  # kept for tests of networks (RFC 2544)
        self.home = Path(tempfile.mkdtemp(prefix="node-"))
        self.addresses = Addresses(server=f"{network}.1", services=f"{network}.128/25")
        self.address, self.pods, self.names = f"{network}.2", f"{network}.64/26", f"{network}.138"
        self.url = self.address
        self._link = f"node{number}"
        super().__init__(self.home)

    def prepare(self) -> None:
        if missing := [each for each in _PACKAGES if not shutil.which(each)]:
            install(*(_PACKAGES[each] for each in missing))

    def command(self) -> Sequence[str]:
        apart = ["mount -t tmpfs tmpfs /run"]
        for path in _KEPT_APART:
            own = self.home / path.removeprefix("/").replace("/", "-")
            apart.append(f"mkdir -p {own} {path}; mount --bind {own} {path}")
        first = f"{'; '.join(apart)}; ip link set lo up; exec {program('pod', 'pod')}"
        spaces = ("--net", "--mount", "--pid", "--mount-proc", "--fork", "--kill-child")
        return ("unshare", *spaces, "sh", "-ec", first)

    def answers(self) -> bool:
        return self._first is not None and self._first.name() == "pod"

    def start(self) -> None:
        super().start()
        assert self._first is not None
        run, there = self.run_here, str(self._first.pid)
        run("ip", "link", "add", self._link, "type", "veth", "peer", "eth0", "netns", there)
        run("ip", "address", "add", f"{self.addresses.server}/30", "dev", self._link)
        run("ip", "link", "set", self._link, "up")
        for network in (self.pods, self.addresses.services):
            run("ip", "route", "add", network, "via", self.address, "dev", self._link)
        self.run("ip", "address", "add", f"{self.address}/30", "dev", "eth0")
        self.run("ip", "link", "set", "eth0", "up")
        self.run("ip", "route", "add", "default", "via", self.addresses.server)
        for setting in _SETTINGS:
            self.run("sysctl", "--quiet", "--write", setting)

    @property
    def inside(self) -> Sequence[str]:
        """The beginning of a command that runs on the node."""
        assert self._first is not None
        return ("nsenter", f"--target={self._first.pid}", "--net", "--mount", "--pid", "--")

    def run(self, *command: str) -> str:
        """Run a command on the node, and return what it printed."""
        return self.run_here(*self.inside, *command)

    def run_here(self, *command: str) -> str:
        """Run a command of this machine, and return what it printed."""
        done = subprocess.run(command, capture_output=True, text=True, check=False)
        assert done.returncode == 0, f"{' '.join(command)}\n{done.stdout}\n{done.stderr}"
        return done.stdout

    def remove(self) -> None:
        """End all that runs on the node, and remove what it has stored."""
        self.kill()
        for path in sorted(Path("/sys/fs/cgroup").rglob(f"{self.home.name}*"), reverse=True):
            for folder in (*sorted(path.rglob("*/"), reverse=True), path):
                if folder.is_dir():
                    folder.rmdir()
        shutil.rmtree(self.home)

    @property
    def _first(self) -> psutil.Process | None:
        assert self._process is not None
        children = psutil.Process(self._process.pid).children()
        return children[0] if children else None


class _OnNode(Server):
    """A server on a node."""

    def __init__(self, node: Node) -> None:
        super().__init__(node.home / self.name)
        self._node = node

    def command(self) -> Sequence[str]:
        return (*self._node.inside, *self.on_node())

    def on_node(self) -> Sequence[str]:
        """Return the command that is run on the node."""
        raise NotImplementedError


class Containerd(_OnNode):
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
bin_dirs = ["{_PLUGINS}"]
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


class Kubelet(_OnNode):
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


class KubeProxy(_OnNode):
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


class KubeRouter(_OnNode):
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


def _write(path: Path, content: object) -> None:
    path.write_text(json.dumps(content))
