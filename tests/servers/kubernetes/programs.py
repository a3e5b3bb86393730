"""The programs of a cluster, built from their Go modules: once, about 20 minutes on one core."""

from __future__ import annotations

import hashlib
import json
import os
import shutil
import subprocess
from dataclasses import dataclass
from pathlib import Path

from tests.servers.server import INSTALLED

_HERE = Path(__file__).parent / "modules"
_VERSION = "v1.36.3"
_COMMANDS = (
    "kube-apiserver",
    "kube-controller-manager",
    "kube-proxy",
    "kube-scheduler",
    "kubectl",
    "kubelet",
)


@dataclass(frozen=True, slots=True)
class _Module:
    """A module that names programs: what is built, and how."""

    packages: tuple[str, ...]
    flags: tuple[str, ...] = ("-ldflags", "-s -w")


_MODULES = {
    "kubernetes": _Module(
        ("./cmd/etcd", *(f"k8s.io/kubernetes/cmd/{name}" for name in _COMMANDS)),
        ("-ldflags", f"-s -w -X k8s.io/component-base/version.gitVersion={_VERSION}"),
    ),
    "containerd": _Module(
        tuple(
            f"github.com/containerd/containerd/v2/cmd/{name}"
            for name in ("containerd", "containerd-shim-runc-v2", "ctr")
        ),
        ("-ldflags", "-s -w", "-tags", "no_btrfs no_devmapper no_zfs"),
    ),
    "coredns": _Module((".",)),
    "kube-router": _Module(("github.com/cloudnativelabs/kube-router/v2/cmd/kube-router",)),
    "pod": _Module((".",)),
}


def built(name: str) -> Path:
    """Return the folder of a module's programs, which are built if they are new."""
    module = _MODULES[name]
    source = _HERE / name
    digest = hashlib.sha256(repr(module).encode())
    for path in sorted(each for each in source.rglob("*") if each.suffix in (".go", ".sum")):
        digest.update(path.read_bytes())
    folder = INSTALLED / f"{name}-{digest.hexdigest()[:12]}"
    if not folder.exists():
        assert shutil.which("go"), f"go is missing: these tests build {name}"
        partial = folder.with_name(f"{folder.name}.partial")
        subprocess.run(
            ["go", "build", "-trimpath", *module.flags, "-o", f"{partial}/", *module.packages],
            cwd=source,
            env=os.environ | {"CGO_ENABLED": "0"},
            check=True,
        )
        partial.rename(folder)
    return folder


def program(module: str, name: str) -> str:
    """Return the path of a program."""
    return str(built(module) / name)


def module_folder(module: str) -> Path:
    """Download a Go module, and return its folder."""
    command = ["go", "mod", "download", "-json", module]
    done = subprocess.run(command, cwd="/", capture_output=True, text=True, check=True)
    return Path(json.loads(done.stdout)["Dir"])
