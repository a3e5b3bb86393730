"""`deploy/rollout.sh`: processes follow when the stores are prepared.

The test does the work of the controllers, which an API server alone does not have.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from tests.deploy.conftest import SPECS
from tests.servers.kubernetes import ApiServer, built
from tests.waiting import wait_until

NAMESPACE = "rollout"
PROCESSES = {"gateway", "shop"}


class Cluster:
    """The namespace of a system."""

    def __init__(self, server: ApiServer, project: Path) -> None:
        self._server = server
        self.project = project

    def get(self, kind: str) -> dict[str, Any]:
        """The resources of a kind by name."""
        done = self._server.kubectl("get", kind, f"--namespace={NAMESPACE}", "--output=json")
        assert done.returncode == 0, done.stderr
        return {each["metadata"]["name"]: each for each in json.loads(done.stdout)["items"]}

    def rollout(self) -> subprocess.Popen[str]:
        path = f"{built('kubernetes')}{os.pathsep}{os.environ['PATH']}"
        return subprocess.Popen(
            ["sh", "deploy/rollout.sh", "local"],
            cwd=self.project,
            env={**os.environ, "PATH": path, "KUBECONFIG": str(self._server.kubeconfig)},
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )

    def end_job(self, name: str) -> None:
        """Report that the pod of a job has succeeded."""
        now = datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
        condition = {"status": "True", "lastTransitionTime": now, "reason": "", "message": ""}
        conditions = [{"type": each, **condition} for each in ("SuccessCriteriaMet", "Complete")]
        status = {"succeeded": 1, "startTime": now, "completionTime": now}
        self._report("job", name, {**status, "conditions": conditions})

    def end_rollout(self, name: str) -> None:
        """Report that all pods of a deployment are those of its current template."""
        deployment = self.get("deployment")[name]
        counts = ("replicas", "updatedReplicas", "readyReplicas", "availableReplicas")
        status = dict.fromkeys(counts, deployment["spec"]["replicas"])
        status["observedGeneration"] = deployment["metadata"]["generation"]
        self._report("deployment", name, status)

    def _report(self, kind: str, name: str, status: dict[str, Any]) -> None:
        done = self._server.kubectl(
            *("patch", kind, name, f"--namespace={NAMESPACE}", "--subresource=status"),
            *("--type=merge", f"--patch={json.dumps({'status': status})}"),
        )
        assert done.returncode == 0, done.stderr


@pytest.fixture
def cluster(api_server: ApiServer, tmp_path: Path) -> Cluster:
    spec, root = tmp_path / "spec.yaml", tmp_path / "project"
    text = SPECS["shop"].read_text(encoding="utf-8")
    assert "\nname: shop\n" in text
    spec.write_text(text.replace("\nname: shop\n", f"\nname: {NAMESPACE}\n"))
    command = [sys.executable, "-m", "meshgen", "new", str(root), "--spec", str(spec), "--quiet"]
    subprocess.run(command, check=True)
    return Cluster(api_server, root)


def test_processes_wait_for_the_migration_of_their_stores(cluster: Cluster) -> None:
    rollout = cluster.rollout()
    try:
        first = wait_until(lambda: migration(cluster, rollout), "the job")
        assert {"kafka", "postgresql"} <= cluster.get("statefulset").keys()
        assert cluster.get("deployment") == {}
        cluster.end_job("shop-migrate")
        finish(cluster, rollout)
    finally:
        rollout.kill()

    # Another image is another job, and the processes keep theirs until it is done.
    kustomization = cluster.project / "deploy/k8s/overlays/local/kustomization.yaml"
    kustomization.write_text(kustomization.read_text().replace("newTag: local", "newTag: next"))
    rollout = cluster.rollout()
    try:
        wait_until(lambda: migration(cluster, rollout) not in (None, first), "another job")
        assert image(cluster.get("job")["shop-migrate"]) == "rollout/shop:next"
        assert image(cluster.get("deployment")["shop"]) == "rollout/shop:local"
        cluster.end_job("shop-migrate")
        wait_until(
            lambda: image(cluster.get("deployment")["shop"]) == "rollout/shop:next", "the image"
        )
        finish(cluster, rollout)
    finally:
        rollout.kill()


def migration(cluster: Cluster, rollout: subprocess.Popen[str]) -> str | None:
    """The id of the job; None if there is none, or no namespace yet."""
    if rollout.poll() is not None:
        raise AssertionError(rollout.communicate())
    try:
        job = cluster.get("job").get("shop-migrate")
    except AssertionError:
        return None
    return str(job["metadata"]["uid"]) if job else None


def finish(cluster: Cluster, rollout: subprocess.Popen[str]) -> None:
    """Let the processes become ready, so that the rollout ends."""
    wait_until(lambda: cluster.get("deployment").keys() == PROCESSES, "the processes")
    for name in PROCESSES:
        cluster.end_rollout(name)
    out, error = rollout.communicate(timeout=60)
    assert rollout.returncode == 0, error
    assert "Warning" not in error
    assert 'deployment "shop" successfully rolled out' in out


def image(resource: dict[str, Any]) -> str:
    return str(resource["spec"]["template"]["spec"]["containers"][0]["image"])
