"""The control plane: etcd, the API server, the controllers and the scheduler.

The API server alone checks manifests as a cluster does: schemas, defaults, admission with Pod
Security.
"""

from __future__ import annotations

import json
import secrets
import ssl
import subprocess
import urllib.request
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from tests.servers.kubernetes.programs import module_folder, program
from tests.servers.server import Server, free_ports, listens

_CRDS = {
    "github.com/external-secrets/external-secrets@v1.3.2": "config/crds/bases",
    "github.com/kedacore/keda/v2@v2.21.0": "config/crd/bases",
    "github.com/prometheus-operator/prometheus-operator@v0.85.0": "example/prometheus-operator-crd",
    "sigs.k8s.io/gateway-api@v1.6.3": "config/crd/standard",
}
"""The modules with the definitions of the resources that manifests use, and the folder in each."""


def custom_resources() -> list[Path]:
    """Return the folders with the definitions of custom resources."""
    return [module_folder(module) / folder for module, folder in _CRDS.items()]


class Etcd(Server):
    """The store of the API server."""

    name = "etcd"

    def __init__(self, folder: Path) -> None:
        super().__init__(folder)
        self._port, self._peers = free_ports(2)
        self.url = f"http://127.0.0.1:{self._port}"

    def prepare(self) -> None:
        self.data.mkdir(mode=0o700, exist_ok=True)

    def command(self) -> Sequence[str]:
        peers = f"http://127.0.0.1:{self._peers}"
        return (
            program("kubernetes", "etcd"),
            f"--data-dir={self.data}",
            f"--listen-client-urls={self.url}",
            f"--advertise-client-urls={self.url}",
            f"--listen-peer-urls={peers}",
            f"--initial-advertise-peer-urls={peers}",
            f"--initial-cluster=default={peers}",
            "--unsafe-no-fsync",
            "--log-level=warn",
        )

    def answers(self) -> bool:
        return listens(self._port)


@dataclass(frozen=True, slots=True)
class Addresses:
    """Where the API server listens, and what it gives to Services."""

    server: str = "127.0.0.1"
    services: str = "10.0.0.0/16"


class ApiServer(Server):
    """The API server.

    Attributes:
        kubeconfig: The configuration of an administrator's client.
    """

    name = "kube-apiserver"

    def __init__(self, folder: Path, etcd: Etcd, addresses: Addresses | None = None) -> None:
        super().__init__(folder)
        self._etcd = etcd
        self._addresses = addresses or Addresses()
        (self._port,) = free_ports(1)
        self._token = secrets.token_hex(16)
        self.url = f"https://{self._addresses.server}:{self._port}"
        self.kubeconfig = folder / "kubeconfig"

    @property
    def key(self) -> Path:
        """The key that the tokens of service accounts are signed with."""
        return self.folder / "sa.key"

    def prepare(self) -> None:
        public, tokens = self.folder / "sa.pub", self.folder / "tokens.csv"
        if not self.key.exists():
            for command in (
                ("genrsa", "-out", str(self.key), "2048"),
                ("rsa", "-in", str(self.key), "-pubout", "-out", str(public)),
            ):
                subprocess.run(["openssl", *command], check=True, capture_output=True)
        tokens.write_text(f"{self._token},admin,admin,system:masters\n")
        cluster = {"server": self.url, "insecure-skip-tls-verify": True}
        configuration = {
            "apiVersion": "v1",
            "kind": "Config",
            "clusters": [{"name": "test", "cluster": cluster}],
            "users": [{"name": "admin", "user": {"token": self._token}}],
            "contexts": [{"name": "test", "context": {"cluster": "test", "user": "admin"}}],
            "current-context": "test",
        }
        self.kubeconfig.write_text(json.dumps(configuration))

    def command(self) -> Sequence[str]:
        return (
            program("kubernetes", "kube-apiserver"),
            f"--etcd-servers={self._etcd.url}",
            f"--bind-address={self._addresses.server}",
            f"--advertise-address={self._addresses.server}",
            f"--secure-port={self._port}",
            f"--cert-dir={self.folder / 'certificates'}",
            "--service-account-issuer=https://kubernetes.default.svc",
            f"--service-account-key-file={self.folder / 'sa.pub'}",
            f"--service-account-signing-key-file={self.key}",
            f"--token-auth-file={self.folder / 'tokens.csv'}",
            "--authorization-mode=Node,RBAC",
            f"--service-cluster-ip-range={self._addresses.services}",
            "--endpoint-reconciler-type=none",
            "--kubelet-preferred-address-types=InternalIP",
        )

    def answers(self) -> bool:
        context = ssl.create_default_context()
        context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
        request = urllib.request.Request(
            f"{self.url}/readyz", headers={"Authorization": f"Bearer {self._token}"}
        )
        try:
            with urllib.request.urlopen(request, context=context, timeout=5) as response:
                return bool(response.status == 200)
        except OSError:
            return False

    def kubectl(self, *arguments: str, text: str | None = None) -> subprocess.CompletedProcess[str]:
        """Run a command of kubectl, and return what came of it."""
        return subprocess.run(
            [program("kubernetes", "kubectl"), f"--kubeconfig={self.kubeconfig}", *arguments],
            input=text,
            capture_output=True,
            text=True,
            check=False,
        )


class _Controller(Server):
    """A client of the API server that acts on what is in it."""

    def __init__(self, folder: Path, server: ApiServer) -> None:
        super().__init__(folder)
        self._server = server
        (self._port,) = free_ports(1)

    def prepare(self) -> None:
        """There is nothing to install."""

    def command(self) -> Sequence[str]:
        return (
            program("kubernetes", self.name),
            f"--kubeconfig={self._server.kubeconfig}",
            "--bind-address=127.0.0.1",
            f"--secure-port={self._port}",
            f"--cert-dir={self.folder / 'certificates'}",
            "--leader-elect=false",
        )

    def answers(self) -> bool:
        return listens(self._port)


class ControllerManager(_Controller):
    """The controllers of deployments, jobs and all that they consist of."""

    name = "kube-controller-manager"

    def command(self) -> Sequence[str]:
        return (
            *super().command(),
            f"--service-account-private-key-file={self._server.key}",
            "--controllers=*,-node-ipam-controller,-node-route-controller,-service-lb-controller",
        )


class Scheduler(_Controller):
    """It gives pods to nodes."""

    name = "kube-scheduler"
