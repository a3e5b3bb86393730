"""A system on NATS in pods, whose stores are files in a volume."""

from __future__ import annotations

import pytest

from tests.cluster.deployed import Deployed, deploy
from tests.e2e.conftest import generate
from tests.servers.kubernetes import Cluster
from tests.waiting import wait_until

PODS = ("gateway", "notes", "nats")


@pytest.fixture(scope="module")
def notes(cluster: Cluster, tmp_path_factory: pytest.TempPathFactory) -> Deployed:
    project = generate("minimal", tmp_path_factory.mktemp("notes"))
    return deploy(cluster, project, "notes", "gateway", "notes")


def test_it_works_and_its_data_stay_when_its_pods_are_removed(notes: Deployed) -> None:
    assert "passed" in notes.project.make("smoke", GATEWAY_URL=notes.url)
    with notes.system() as system:
        written = system.caller("writer").post("/notes", text="Stay")
    for name in PODS:
        (pod,) = notes.pods(name)
        notes.kubectl("delete", "pod", pod, "--force", "--grace-period=0")
    wait_until(lambda: all(_is_ready(notes, name) for name in PODS), "other pods")
    with notes.system() as system:
        found = {"note_id": written["note_id"], "text": "Stay"}
        system.caller("writer").eventually("/notes", **found)
    assert "passed" in notes.project.make("smoke", GATEWAY_URL=notes.url)


def _is_ready(notes: Deployed, name: str) -> bool:
    pods = notes.pods(name).values()
    return [
        each["ready"] for pod in pods for each in pod["status"].get("containerStatuses", ())
    ] == [True]
