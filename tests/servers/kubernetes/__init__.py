"""The API server of Kubernetes, with etcd, built from their Go modules.

It checks manifests as a cluster does: schemas, defaults, admission with Pod Security. There are no
nodes, so nothing runs.
"""

from __future__ import annotations

import hashlib
import json
import secrets
import shutil
import ssl
import subprocess
import urllib.request
from collections.abc import Sequence
from pathlib import Path

from tests.servers.server import INSTALLED, Server, free_ports, listens

_HERE = Path(__file__).parent
_VERSION = "v1.36.3"
_KUBERNETES = ("kube-apiserver", "kubectl")
_CRDS = {
    "github.com/external-secrets/external-secrets@v1.3.2": "config/crds/bases",
    "github.com/kedacore/keda/v2@v2.21.0": "config/crd/bases",
    "github.com/prometheus-operator/prometheus-operator@v0.85.0": "example/prometheus-operator-crd",
    "sigs.k8s.io/gateway-api@v1.6.3": "config/crd/standard",
}
"""The modules with the definitions of the resources that manifests use, and the folder in each."""


def programs() -> Path:
    """Return the folder of the programs, which are built if go.sum is new: some minutes."""
    digest = hashlib.sha256((_HERE / "go.sum").read_bytes()).hexdigest()[:12]
    folder = INSTALLED / f"kubernetes-{digest}"
    if not folder.exists():
        assert shutil.which("go"), "go is missing: these tests build Kubernetes"
        partial = folder.with_name(f"{folder.name}.partial")
        flags = f"-s -w -X k8s.io/component-base/version.gitVersion={_VERSION}"
        packages = ("./cmd/etcd", *(f"k8s.io/kubernetes/cmd/{name}" for name in _KUBERNETES))
        subprocess.run(
            ["go", "build", "-trimpath", "-ldflags", flags, "-o", f"{partial}/", *packages],
            cwd=_HERE,
            check=True,
        )
        partial.rename(folder)
    return folder


def custom_resources() -> list[Path]:
    """Return the folders with the definitions of custom resources."""
    return [_module(module) / folder for module, folder in _CRDS.items()]


def _module(module: str) -> Path:
    """Download a Go module, and return its folder."""
    command = ["go", "mod", "download", "-json", module]
    done = subprocess.run(command, cwd="/", capture_output=True, text=True, check=True)
    return Path(json.loads(done.stdout)["Dir"])


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
            str(programs() / "etcd"),
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


class ApiServer(Server):
    """The API server.

    Attributes:
        kubeconfig: The configuration of an administrator's client.
    """

    name = "kube-apiserver"

    def __init__(self, folder: Path, etcd: Etcd) -> None:
        super().__init__(folder)
        self._etcd = etcd
        (self._port,) = free_ports(1)
        self._token = secrets.token_hex(16)
        self.url = f"https://127.0.0.1:{self._port}"
        self.kubeconfig = folder / "kubeconfig"

    def prepare(self) -> None:
        key, public, tokens = (self.folder / name for name in ("sa.key", "sa.pub", "tokens.csv"))
        if not key.exists():
            for command in (
                ("genrsa", "-out", str(key), "2048"),
                ("rsa", "-in", str(key), "-pubout", "-out", str(public)),
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
            str(programs() / "kube-apiserver"),
            f"--etcd-servers={self._etcd.url}",
            "--bind-address=127.0.0.1",
            "--advertise-address=127.0.0.1",
            f"--secure-port={self._port}",
            f"--cert-dir={self.folder / 'certificates'}",
            "--service-account-issuer=https://kubernetes.default.svc",
            f"--service-account-key-file={self.folder / 'sa.pub'}",
            f"--service-account-signing-key-file={self.folder / 'sa.key'}",
            f"--token-auth-file={self.folder / 'tokens.csv'}",
            "--authorization-mode=Node,RBAC",
            "--service-cluster-ip-range=10.0.0.0/16",
            "--endpoint-reconciler-type=none",
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
            [str(programs() / "kubectl"), f"--kubeconfig={self.kubeconfig}", *arguments],
            input=text,
            capture_output=True,
            text=True,
            check=False,
        )
