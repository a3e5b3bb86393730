"""The shop as its spec says, each part in a container."""

from __future__ import annotations

import json

import pytest
from chassis.testing.system import System

from tests.containers.conftest import Composed, docker

SERVERS = {"cassandra", "kafka", "mongodb", "postgresql", "redis"}
OWN = {"gateway", "shop"}
ORDER = ("/order-history/orders-of-customer", "/cart/carts/{}/put-item", "/cart/carts/{}/check-out")


def test_every_container_is_healthy(shop: Composed) -> None:
    health = {name: each["State"]["Health"]["Status"] for name, each in shop.containers.items()}
    assert health == dict.fromkeys(SERVERS | OWN, "healthy")


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
            id = merchant.post("/product/products/list-product", **product)["product_id"]
            merchant.post(f"/inventory/stock-items/{id}/receive-stock", quantity=5)
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
    for name in OWN:
        found = shop.containers[name]
        host = found["HostConfig"]
        assert found["Config"]["User"] == "10001:10001"
        assert host["ReadonlyRootfs"] is True
        assert host["CapDrop"] == ["ALL"]
        assert "no-new-privileges:true" in host["SecurityOpt"]
        refused = "for file in / /app /etc; do touch $file/x 2>/dev/null && exit 1; done; id -u"
        assert docker("exec", found["Id"], "sh", "-c", refused).strip() == "10001"
        tools = "for each in cc gcc ld make uv; do command -v $each; done; true"
        assert docker("exec", found["Id"], "sh", "-c", tools) == ""


def test_only_the_gateway_can_be_reached_and_from_this_machine_only(shop: Composed) -> None:
    for name, found in shop.containers.items():
        published = {
            (port, each["HostIp"])
            for port, bindings in found["NetworkSettings"]["Ports"].items()
            for each in bindings or ()
        }
        assert published == ({("8080/tcp", "127.0.0.1")} if name == "gateway" else set())


def test_no_password_is_in_an_environment_or_a_command(shop: Composed) -> None:
    folder = shop.project.root / ".local" / "secrets"
    assert folder.stat().st_mode & 0o077 == 0
    passwords = [path.read_text().strip() for path in folder.glob("*_password")]
    assert len(passwords) == 3
    described = json.dumps(list(shop.containers.values()))
    assert [each for each in passwords if each in described] == []


def test_zz_down_leaves_nothing(shop: Composed) -> None:
    shop.make("compose-down", "ARGS=--volumes")
    for kind in ("container", "volume", "network"):
        command = ("ls", "--all") if kind == "container" else ("ls",)
        assert docker(kind, *command, "--quiet", "--filter", shop.label) == ""


def _url(shop: Composed) -> str:
    published = shop.containers["gateway"]["NetworkSettings"]["Ports"]["8080/tcp"]
    return f"http://127.0.0.1:{published[0]['HostPort']}"
