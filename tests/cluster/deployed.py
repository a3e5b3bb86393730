"""A system that runs in the pods of a cluster."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from threading import Event, Thread
from typing import Any

import yaml
from chassis.embedded.paths import ProjectPaths
from chassis.testing.system import System

from tests.containers.conftest import docker
from tests.deploy.manifests import Manifest, pods
from tests.e2e.conftest import Project
from tests.servers.kubernetes import ApiServer, Cluster, built
from tests.servers.kubernetes.cluster import timed
from tests.waiting import wait_until

PRICE, QUANTITY, STOCK = 3, 2, 1_000_000
_PAUSE = 0.1


@dataclass(frozen=True)
class Deployed:
    """A project in the namespace of its name."""

    cluster: Cluster
    project: Project
    namespace: str

    def rollout(self) -> subprocess.CompletedProcess[str]:
        """Run `deploy/rollout.sh`, and return what came of it."""
        server = self.cluster.server
        path = f"{built('kubernetes')}{os.pathsep}{os.environ['PATH']}"
        return subprocess.run(
            ["sh", "deploy/rollout.sh", "local"],
            cwd=self.project.root,
            env={**os.environ, "PATH": path, "KUBECONFIG": str(server.kubeconfig)},
            capture_output=True,
            text=True,
            check=False,
        )

    def kubectl(self, *arguments: str) -> str:
        """Run a command of kubectl in the namespace, which must succeed."""
        return self.cluster.kubectl(*arguments, f"--namespace={self.namespace}")

    def get(self, kind: str, *arguments: str) -> dict[str, Any]:
        """Return the resources of a kind by name."""
        return self.cluster.get(kind, self.namespace, *arguments)

    def pods(self, name: str) -> dict[str, Any]:
        """Return the pods of a workload that are not ending."""
        found = self.get("pod", f"--selector=app.kubernetes.io/name={name}")
        return {k: v for k, v in found.items() if "deletionTimestamp" not in v["metadata"]}

    @property
    def url(self) -> str:
        """The URL of the gateway's Service."""
        return f"http://{self.get('service')['gateway']['spec']['clusterIP']}"

    @contextmanager
    def system(self) -> Iterator[System]:
        """The system, through its gateway."""
        system = System(ProjectPaths(self.project.root.resolve()), self.url, {})
        try:
            yield system
        finally:
            system.close()

    def why(self) -> str:
        """Return what tells why pods are not ready."""
        every = ("get", "pod,job", "--output=wide"), ("get", "events", "--sort-by=.lastTimestamp")
        return "\n".join(self.kubectl(*command) for command in every)


def deploy(cluster: Cluster, project: Project, name: str, *own: str) -> Deployed:
    """Build the images of a project, bring all images to the cluster, and roll them out.

    Args:
        cluster: Where to.
        project: The project.
        name: Its name, which is that of its namespace, too.
        own: Its processes.
    """
    project.make("token")  # it also makes the keys of the development issuer
    found = rendered(cluster.server, project.root)
    images = {each["image"] for pod in pods(found).values() for each in pod["containers"]}
    made = {process: f"{name}/{process}:local" for process in own}
    try:
        with timed(f"images of {name}"):
            _build(project.root, made)
        for image in images - set(made.values()):
            if not docker("images", "--quiet", image):
                docker("pull", image)
        cluster.load(*sorted(images))
    finally:
        docker("rmi", "--force", *made.values())
    for each in found:
        for claim in _claims(each):
            cluster.add_volumes(claim["resources"]["requests"]["storage"])
    deployed = Deployed(cluster, project, name)
    with timed(f"first rollout of {name}"):
        done = deployed.rollout()
    assert done.returncode == 0, f"{done.stdout}\n{done.stderr}\n{deployed.why()}"
    assert "Warning" not in done.stderr
    return deployed


def _build(root: Path, images: Mapping[str, str]) -> None:
    override = root / "images.yaml"
    services = {service: {"image": image} for service, image in images.items()}
    override.write_text(yaml.safe_dump({"services": services}))
    files = (f"--file={root / 'deploy/compose.yaml'}", f"--file={override}")
    docker("compose", *files, "build", "--quiet", *images)


def _claims(manifest: Manifest) -> list[Manifest]:
    """Return the claims for volumes that a manifest makes."""
    if manifest["kind"] == "PersistentVolumeClaim":
        return [manifest["spec"]]
    return [each["spec"] for each in manifest.get("spec", {}).get("volumeClaimTemplates", ())]


class Load:
    """Customers who order, one after the other, and look at what there is.

    Attributes:
        orders: The customers whose orders were accepted.
        failures: Requests that failed; whether they had an effect is not known.
        requests: How many there were.
    """

    def __init__(self, deployed: Deployed) -> None:
        self.orders: list[Any] = []
        self.failures: list[str] = []
        self.requests = 0
        self._deployed = deployed
        self._stop = Event()

    @contextmanager
    def running(self, customers: int) -> Iterator[None]:
        """Run for the block; then every accepted order must be shipped, once."""
        with self._deployed.system() as system:
            product = self._product(system)
            threads = [Thread(target=self._order, args=(product,)) for _ in range(customers)]
            for each in threads:
                each.start()
            try:
                yield
            finally:
                self._stop.set()
                for each in threads:
                    each.join()
            self._check(system, product)

    def _product(self, system: System) -> str:
        merchant = system.caller("merchant")
        id = merchant.post("/products", name="Cup", category="x", price=PRICE)
        product = str(id["product_id"])
        merchant.post(f"/stock-items/{product}/receive-stock", quantity=STOCK)
        customer = system.caller("customer")
        customer.post(f"/carts/{customer.id}/put-item", product_id=product, quantity=1)
        return product

    def _order(self, product: str) -> None:
        with self._deployed.system() as system:
            while not self._stop.wait(_PAUSE):
                customer = system.caller("customer")
                cart = f"/carts/{customer.id}"
                steps: tuple[tuple[str, str, dict[str, Any] | None], ...] = (
                    ("POST", f"{cart}/put-item", {"product_id": product, "quantity": QUANTITY}),
                    ("GET", "/web/home", None),
                    ("POST", f"{cart}/check-out", {}),
                )
                if all(self._send(customer, *step) for step in steps):
                    self.orders.append(customer.id)

    def _send(self, customer: Any, method: str, path: str, body: dict[str, Any] | None) -> bool:
        self.requests += 1
        try:
            answer = customer.request(method, path, body=body, quiet=True)
        except Exception as error:
            self.failures.append(f"{method} {path}: {error!r}")
            return False
        if answer.status >= 400:
            self.failures.append(f"{method} {path}: {answer}")
        return bool(answer.status < 400)

    def _check(self, system: System, product: str) -> None:
        for id in self.orders:
            customer = system.caller("customer", sub=id)
            expected = {"status": "shipped", "total": PRICE * QUANTITY}
            orders = {"customer_id": id}
            customer.eventually("/order-history", orders, 120.0, **expected)
        most = STOCK - QUANTITY * len(self.orders)
        least = most - QUANTITY * len(self.failures)
        anyone = system.caller("customer")

        def is_right() -> bool:
            found = anyone.get(f"/catalog/{product}")
            return bool(least <= found["available"] <= most)

        wait_until(is_right, f"a stock of {least} to {most}")


def rendered(server: ApiServer, project: Path) -> list[Manifest]:
    """Return the manifests of the overlay `local` as they are applied."""
    done = server.kubectl("kustomize", str(project / "deploy/k8s/overlays/local"))
    assert done.returncode == 0, done.stderr
    return list(yaml.safe_load_all(done.stdout))
