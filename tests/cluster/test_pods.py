"""The shop of examples/ in pods: its own images, and all its servers."""

from __future__ import annotations

from pathlib import Path
from string import Template

import pytest

from tests.cluster.deployed import Deployed, Load, deploy
from tests.containers.conftest import docker, example
from tests.e2e.conftest import Project
from tests.servers.kubernetes import Cluster
from tests.servers.kubernetes.cluster import timed
from tests.waiting import wait_until

__all__ = ["example"]

SERVERS = {"cassandra", "kafka", "mongodb", "postgresql", "redis"}
OWN = ("gateway", "shop")


@pytest.fixture(scope="module")
def shop(cluster: Cluster, example: Project) -> Deployed:
    """The shop, rolled out."""
    _adapt(example.root)
    return deploy(cluster, example, "shop", *OWN)


def _adapt(root: Path) -> None:
    """Let the server of PostgreSQL run as any user, whatever its image can do."""
    image = "postgres:18-alpine"
    command = ("run", "--rm", "--entrypoint=id", image)
    ids = {f"{each}id": docker(*command, f"-{each}", "postgres").strip() for each in "ug"}
    overlay = root / "deploy/k8s/overlays/local"
    patch = Template(Path(__file__).with_name("postgresql.yaml").read_text()).substitute(ids)
    (overlay / "patch.yaml").write_text(patch)
    with (overlay / "kustomization.yaml").open("a") as file:
        file.write("  - {path: patch.yaml}\n")  # its last list are the patches


def test_every_pod_runs(shop: Deployed) -> None:
    assert shop.get("statefulset").keys() == SERVERS
    for name in (*OWN, *SERVERS):
        (pod,) = shop.pods(name).values()
        assert pod["status"]["containerStatuses"][0]["ready"]


def test_processes_follow_when_the_stores_are_prepared(shop: Deployed) -> None:
    (pod,) = shop.pods("shop").values()
    first = shop.get("job")["shop-migrate"]
    assert first["status"]["succeeded"] == 1
    assert first["status"]["completionTime"] <= pod["metadata"]["creationTimestamp"]
    done = shop.rollout()
    assert done.returncode == 0, done.stderr
    assert shop.get("job")["shop-migrate"]["metadata"]["uid"] != first["metadata"]["uid"]
    assert shop.pods("shop").keys() == {pod["metadata"]["name"]}


def test_the_scenarios_pass_through_the_service_of_the_gateway(shop: Deployed) -> None:
    printed = shop.project.make("smoke", GATEWAY_URL=shop.url)
    assert "status=shipped, total=39.80" in printed
    assert "3 passed" in printed


@pytest.mark.parametrize("name", OWN)
def test_nothing_fails_or_is_lost_while_pods_are_replaced(shop: Deployed, name: str) -> None:
    before = shop.pods(name).keys()
    load = Load(shop)
    with timed(f"rolling update of {name}"), load.running(customers=4):
        shop.kubectl("rollout", "restart", f"deployment/{name}")
        shop.kubectl("rollout", "status", f"deployment/{name}", "--timeout=10m")
        wait_until(lambda: not before & shop.get("pod").keys(), f"the end of {before}")
    assert load.failures == []
    assert len(load.orders) > 50
    assert not shop.get("event", "--field-selector=reason=FailedPreStopHook")


@pytest.mark.parametrize("victims", [("shop",), ("gateway",), ("kafka", "postgresql", "redis")])
def test_a_killed_pod_comes_back_and_nothing_is_lost(
    shop: Deployed, victims: tuple[str, ...]
) -> None:
    load = Load(shop)
    with timed(f"kill of {victims}"), load.running(customers=1):
        wait_until(lambda: load.orders, "an order")
        for victim in victims:
            _kill(shop, victim)
        accepted = len(load.orders)
        wait_until(lambda: len(load.orders) > accepted, "another order")


def _kill(shop: Deployed, name: str) -> None:
    """Kill the first process of a pod, and wait until the pod is ready again."""
    ((pod, before),) = shop.pods(name).items()
    id = before["status"]["containerStatuses"][0]["containerID"].removeprefix("containerd://")
    shop.cluster.kill_container(id)

    def is_back() -> bool:
        (status,) = shop.get("pod")[pod]["status"]["containerStatuses"]
        return bool(status["ready"] and not status["containerID"].endswith(id))

    wait_until(is_back, f"the return of {name}")


def test_a_migration_that_fails_ends_the_rollout_at_once(shop: Deployed) -> None:
    pods = shop.pods("shop").keys()
    job = shop.project.root / "deploy/k8s/base/shop-migrate.yaml"
    text = job.read_text()
    assert "chassis.ops, migrate, " in text
    job.write_text(text.replace("chassis.ops, migrate, ", "chassis.ops, migrate, nobody, "))
    try:
        with timed("rollout with a migration that fails"):
            done = shop.rollout()
    finally:
        job.write_text(text)
    assert done.returncode == 1
    assert "shop-migrate: " in done.stderr
    assert "there is no unit 'nobody'" in done.stderr
    assert shop.pods("shop").keys() == pods
