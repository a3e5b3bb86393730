"""The shop as its spec says, each part in a container."""

from __future__ import annotations

import json

import pytest
from chassis.testing.system import System

from tests.containers.conftest import Composed, docker, published

SERVERS = {"cassandra", "kafka", "mongodb", "postgresql", "redis"}
OWN = {"gateway", "shop"}
ORDER = ("/order-history", "/carts/{}/put-item", "/carts/{}/check-out")


def test_every_container_is_healthy(shop: Composed) -> None:
    found = shop.containers
    migration = found.pop("shop-migrate")
    health = {name: each["State"]["Health"]["Status"] for name, each in found.items()}
    assert health == dict.fromkeys(SERVERS | OWN, "healthy")
    state = migration["State"]
    assert (state["Status"], state["ExitCode"]) == ("exited", 0)
    assert state["FinishedAt"] < found["shop"]["State"]["StartedAt"]


def test_stores_are_prepared_before_the_units_start(shop: Composed) -> None:
    printed = docker("logs", shop.containers["shop-migrate"]["Id"])
    assert "payment: CREATE TABLE payment.payment (" in printed
    assert "order_history: CREATE TABLE" in printed
    for unit in ("product", "cart", "order", "catalog", "fraud_watch"):
        assert f"{unit}: done" in printed


def test_operators_work_in_the_containers_of_units(shop: Composed) -> None:
    container = shop.containers["shop"]["Id"]
    command = ("exec", container, "python", "-m", "chassis.ops")
    assert "catalog" in docker(*command, "projection", "status")
    rows = json.loads(docker(*command, "migrate", "--dry-run", "--json"))
    assert {row["unit"]: row["changes"] for row in rows}.items() >= {"order": []}.items()
    assert not [row for row in rows if row["changes"]]


def test_the_scenarios_pass_through_its_gateway(shop: Composed) -> None:
    printed = shop.make("compose-smoke")
    assert "status=shipped, total=39.80" in printed
    assert "3 passed" in printed


@pytest.mark.parametrize("victims", [("shop", "gateway"), ("kafka",), ("postgresql", "redis")])
def test_what_is_killed_comes_back_and_nothing_is_lost(
    shop: Composed, victims: tuple[str, ...], monkeypatch: pytest.MonkeyPatch
) -> None:
    paths = ORDER
    with monkeypatch.context() as patched:
        patched.setenv("GATEWAY_URL", _url(shop))
        with System.session(shop.project.root) as system:
            merchant, customer = system.caller("merchant"), system.caller("customer")
            product = {"name": "Cup", "category": "kitchen", "price": "3"}
            id = merchant.post("/products", **product)["product_id"]
            merchant.post(f"/stock-items/{id}/receive-stock", quantity=5)
            customer.post(paths[1].format(customer.id), product_id=id, quantity=2)
            customer.post(paths[2].format(customer.id))
    for victim in victims:
        shop.kill(victim)
    monkeypatch.setenv("GATEWAY_URL", _url(shop))  # Docker may have chosen another port
    with System.session(shop.project.root) as system:
        again = system.caller("customer", sub=customer.id)
        again.eventually(paths[0], {"customer_id": customer.id}, status="shipped", total=6)
    assert "3 passed" in shop.make("compose-smoke")


def test_units_are_confined(shop: Composed) -> None:
    for name in (*OWN, "shop-migrate"):
        found = shop.containers[name]
        host = found["HostConfig"]
        assert found["Config"]["User"] == "10001:10001"
        assert host["ReadonlyRootfs"] is True
        assert host["CapDrop"] == ["ALL"]
        assert "no-new-privileges:true" in host["SecurityOpt"]
        if name == "shop-migrate":  # it has ended
            continue
        refused = "for file in / /app /etc; do touch $file/x 2>/dev/null && exit 1; done; id -u"
        assert docker("exec", found["Id"], "sh", "-c", refused).strip() == "10001"
        tools = "for each in cc gcc ld make uv; do command -v $each; done; true"
        assert docker("exec", found["Id"], "sh", "-c", tools) == ""


def test_only_the_gateway_can_be_reached_and_from_this_machine_only(shop: Composed) -> None:
    for name, found in shop.containers.items():
        assert published(found) == ({"8080/tcp": {"127.0.0.1"}} if name == "gateway" else {})


def test_no_password_is_in_an_environment_or_a_command(shop: Composed) -> None:
    folder = shop.project.root / ".local" / "secrets"
    assert folder.stat().st_mode & 0o077 == 0
    passwords = [path.read_text().strip() for path in folder.glob("*_password")]
    assert len(passwords) == 4
    described = json.dumps(list(shop.containers.values()))
    assert [each for each in passwords if each in described] == []


def test_zz_down_leaves_nothing(shop: Composed) -> None:
    shop.make("compose-down", "ARGS=--volumes")
    assert shop.left == []


def _url(shop: Composed) -> str:
    (binding,) = shop.containers["gateway"]["NetworkSettings"]["Ports"]["8080/tcp"]
    return f"http://127.0.0.1:{binding['HostPort']}"
