"""The policies of servers elsewhere are the user's file; the clients in it follow the spec."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import yaml

from meshgen.operations.new import create
from meshgen.operations.update import update

SERVERS = "deploy/k8s/overlays/production/servers.yaml"
SPEC = """\
meshgen: 1
name: desk
summary: Notes and their readers
services:
{services}gateway:
  auth: {{issuer: "https://id.desk.example", audience: desk}}
processes:
  writing: [note]
"""
SERVICE = """\
  {name}:
    store: {store}
    aggregates:
      {title}:
        id: {name}_id
        state: {{text: string}}
        events: {{{title}Written: {{text: string}}}}
        commands:
          Write{title}: {{roles: [writer], input: {{text: string}}, creates: {title}Written}}
"""
PORTS = "    - ports: ["
ADDRESSES = "    - to: [{ipBlock: {cidr: 10.1.2.0/24}}]\n      ports: ["


def spec(**stores: str) -> str:
    """A spec with services on these stores, by name."""
    services = (
        SERVICE.format(name=name, title=name.title(), store=store) for name, store in stores.items()
    )
    return SPEC.format(services="".join(services))


@pytest.mark.parametrize("edited", [False, True], ids=["as scaffolded", "with addresses"])
@pytest.mark.parametrize("store", ["postgresql", "mongodb", "sqlite"])
def test_a_new_service_may_reach_its_servers(tmp_path: Path, edited: bool, store: str) -> None:
    (tmp_path / "desk.yaml").write_text(spec(note="postgresql"))
    root = create(tmp_path / "desk", tmp_path / "desk.yaml").target
    path = root / SERVERS
    if edited:
        path.write_text(path.read_text().replace(PORTS, ADDRESSES))
    (root / "desk.yaml").write_text(spec(note="postgresql", tag=store))
    done = update(root)
    assert not done.undecided
    expected: dict[str, list[str]] = {
        "nats": ["writing", "tag"],
        "postgresql": ["writing", "writing-migrate"],
    }
    if store != "sqlite":
        expected[store] = [*expected.get(store, ()), "tag", "tag-migrate"]
    found = policies(path)
    assert {name: clients(policy) for name, policy in found.items()} == expected
    kept = [name for name, policy in found.items() if "to" in policy["spec"]["egress"][0]]
    assert kept == (["nats", "postgresql"] if edited else [])


def test_a_removed_service_is_a_client_no_longer(tmp_path: Path) -> None:
    (tmp_path / "desk.yaml").write_text(spec(note="postgresql", tag="postgresql"))
    root = create(tmp_path / "desk", tmp_path / "desk.yaml").target
    path = root / SERVERS
    path.write_text(path.read_text().replace(PORTS, ADDRESSES))
    (root / "desk.yaml").write_text(spec(note="postgresql"))
    assert not update(root, accept_data_loss=True).undecided
    found = policies(path)
    assert clients(found["postgresql"]) == ["writing", "writing-migrate"]
    assert all("to" in policy["spec"]["egress"][0] for policy in found.values())


def policies(path: Path) -> dict[str, Any]:
    """The policies of a file, by name."""
    return {each["metadata"]["name"]: each for each in yaml.safe_load_all(path.read_text())}


def clients(policy: dict[str, Any]) -> list[str]:
    (expression,) = policy["spec"]["podSelector"]["matchExpressions"]
    return list(expression["values"])
