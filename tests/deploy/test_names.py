"""Units may be called like what is generated beside them."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import yaml

from tests.deploy.manifests import jobs, manifests, of_kind, workloads

NAMES = (
    "kustomization",
    "names",
    "names_process",
    "network_policies",
    "order",
    "order_migrate",
    "order_monitoring",
    "postgresql",
    "postgresql_clients",
    "prometheus",
    "settings",
)
SPEC = """\
meshgen: 1
name: odd
summary: Units with odd names
gateway:
  auth: {{issuer: "https://id.odd.example", audience: odd}}
services:
{services}processes:
  settings_process: [kustomization]
"""
SERVICE = """\
  {name}:
    store: postgresql
    aggregates:
      Note{number}:
        id: note_id
        state: {{text: string}}
        events:
          Written{number}: {{text: string}}
        commands:
          Write{number}:
            roles: [writer]
            input: {{text: string}}
            creates: Written{number}
"""


def test_they_are_told_apart(tmp_path: Path) -> None:
    services = (SERVICE.format(name=name, number=number) for number, name in enumerate(NAMES))
    (tmp_path / "odd.yaml").write_text(SPEC.format(services="".join(services)))
    command = ["new", str(tmp_path / "odd"), "--spec", str(tmp_path / "odd.yaml"), "--quiet"]
    subprocess.run([sys.executable, "-m", "meshgen", *command], check=True)
    for overlay in ("local", "production"):
        found = manifests(tmp_path / "odd", overlay)
        names = [(each["kind"], each["metadata"]["name"]) for each in found]
        assert len(set(names)) == len(names)
        assert len(jobs(found)) == len(NAMES)
        deployed = {each["metadata"]["name"] for each in of_kind(found, "Deployment")}
        assert deployed == {
            "gateway",
            "names-process",
            "names-process-2",
            "network-policies-process",
            "order",
            "order-migrate",
            "order-monitoring",
            "postgresql-clients",
            "postgresql-process",
            "prometheus-process",
            "settings-process",
            "settings-process-2",
        }
        assert jobs(found).keys() == {
            f"{name}-migrate{'-2' if name == 'order' else ''}" for name in deployed - {"gateway"}
        }
        assert not workloads(found).keys() & jobs(found).keys()
    compose = yaml.safe_load((tmp_path / "odd" / "deploy" / "compose.yaml").read_text())
    others = {"nats", "postgresql", "collector", "grafana", "jaeger", "prometheus"}
    assert compose["services"].keys() == deployed | jobs(found).keys() | others
