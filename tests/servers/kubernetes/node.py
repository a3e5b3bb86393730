"""A node in namespaces of its own: processes, mounts and network end with it.

Pods have real containers, and addresses that this machine reaches. All of it runs as root.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import tempfile
from collections.abc import Sequence
from pathlib import Path

import psutil

from tests.servers.debian import install
from tests.servers.kubernetes.control import Addresses
from tests.servers.kubernetes.programs import program
from tests.servers.server import Server

NAME = "node"
PLUGINS = Path("/usr/lib/cni")
_PACKAGES = {
    "conntrack": "conntrack",
    "ipset": "ipset",
    "iptables": "iptables",
    "runc": "runc",
    str(PLUGINS / "ptp"): "containernetworking-plugins",
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


class OnNode(Server):
    """A server on a node."""

    def __init__(self, node: Node) -> None:
        super().__init__(node.home / self.name)
        self._node = node

    def command(self) -> Sequence[str]:
        return (*self._node.inside, *self.on_node())

    def on_node(self) -> Sequence[str]:
        """Return the command that is run on the node."""
        raise NotImplementedError
