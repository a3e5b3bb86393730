"""The shop of examples/ in pods: its own images, and all its servers."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.cluster.deployed import Deployed, Load, rendered
from tests.containers.conftest import docker, example
from tests.deploy.manifests import of_kind, pods
from tests.e2e.conftest import Project
from tests.servers.kubernetes import Cluster
from tests.servers.kubernetes.cluster import timed
from tests.waiting import wait_until

__all__ = ["example"]

SERVERS = {"cassandra", "kafka", "mongodb", "postgresql", "redis"}
OWN = ("gateway", "shop")


@pytest.fixture(scope="module")
def shop(cluster: Cluster, example: Project) -> Iterator[Deployed]:
    """The shop, rolled out."""
    root = example.root
    example.make("token")  # it also makes the keys of the development issuer
    own = [f"shop/{name}:local" for name in OWN]
    try:
        with timed("images of the shop"):
            for name, image in zip(OWN, own, strict=True):
                file = f"--file={root}/deploy/images/{name}.Dockerfile"
                docker("build", "--quiet", f"--tag={image}", file, str(root))
        found = rendered(cluster.server, root)
        images = {each["image"] for pod in pods(found).values() for each in pod["containers"]}
        for image in images:
            if image not in own and docker("images", "--quiet", image) == "":
                docker("pull", image)
        cluster.load(*sorted(images))
    finally:
        docker("rmi", "--force", *own)
    claims = (
        each["spec"]["resources"]["requests"]["storage"]
        for stateful in of_kind(found, "StatefulSet")
        for each in stateful["spec"]["volumeClaimTemplates"]
    )
    cluster.add_volumes(*claims)
    deployed = Deployed(cluster, example, "shop")
    with timed("first rollout"):
        done = deployed.rollout()
    assert done.returncode == 0, f"{done.stdout}\n{done.stderr}\n{deployed.why()}"
    return deployed


def test_every_pod_runs(shop: Deployed) -> None:
    assert shop.get("statefulset").keys() == SERVERS
    for name in (*OWN, *SERVERS):
        (pod,) = shop.pods(name).values()
        assert pod["status"]["containerStatuses"][0]["ready"]
    conditions = shop.get("job")["shop-migrate"]["status"]["conditions"]
    assert "Complete" in {each["type"] for each in conditions if each["status"] == "True"}


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
    shop.cluster.node.kill_container(id)

    def is_back() -> bool:
        (status,) = shop.get("pod")[pod]["status"]["containerStatuses"]
        return bool(status["ready"] and not status["containerID"].endswith(id))

    wait_until(is_back, f"the return of {name}")


def test_a_migration_that_fails_ends_the_rollout_at_once(shop: Deployed) -> None:
    pods = shop.pods("shop").keys()
    job = shop.project.root / "deploy/k8s/base/shop-migrate.yaml"
    text = job.read_text()
    job.write_text(text.replace("migrate, product,", "migrate, nobody, product,"))
    try:
        with timed("rollout with a migration that fails"):
            done = shop.rollout()
    finally:
        job.write_text(text)
    assert done.returncode == 1
    assert "shop-migrate: " in done.stderr
    assert "there is no unit" in done.stderr
    assert shop.pods("shop").keys() == pods
