"""Everything real together: the runner, the gateway's own configuration, tokens, the client."""

from __future__ import annotations

import ssl
import threading
from pathlib import Path

import httpx
import pytest
from chassis.testing.system import System

from tests.servers.authority import Authority
from tests.waiting import wait_until

from .projects import Project


def test_a_system_from_up_to_down(real: Project) -> None:
    assert "3 units in 2 processes" in real.run("up")
    system = System.running(real.root)
    alice, stranger = system.caller("customer"), system.anonymous()
    assert alice.get("/order-history/whoami") == {"id": str(alice.id), "roles": ["customer"]}
    assert stranger.refused("GET", "/order/whoami", 401)["type"] == "urn:problem:unauthenticated"
    past_the_gateway = f"{system.units['order']}/whoami"
    assert stranger.refused("GET", past_the_gateway, 401)
    assert real.status["ready"]
    assert '"service": "order_history"' in real.run("logs", "order_history", "-n", "50")

    answers: list[int] = []
    asking = threading.Thread(
        target=lambda: answers.append(alice.request("GET", "/order/slow").status)
    )
    asking.start()
    wait_until((real.root / "begun").exists, "the request")
    real.run("down")
    asking.join()
    assert answers == [200], "what was under way when the system went down must be finished"
    assert real.running() == []


def test_a_unit_that_cannot_be_imported_is_told(real: Project) -> None:
    text = (real.root / "topology.toml").read_text()
    (real.root / "topology.toml").write_text(text.replace("real_units:order_h", "no_units:order_h"))
    said = real.run("up", code=1)
    assert "shop ended 3 times while it was starting: exit code 2" in said
    assert "no_units" in said
    real.run("down")
    assert real.running() == []


def test_a_session_starts_what_is_down_and_stops_it_again(
    real: Project, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name, value in real.environment().items():
        monkeypatch.setenv(name, value)
    with System.session(real.root) as system:
        assert system.caller("merchant").get("/order/whoami")["roles"] == ["merchant"]
        with System.session(real.root) as same:
            assert same.url == system.url
        assert real.status["ready"]
    assert real.running() == []


def test_a_system_with_certificates(
    real: Project, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """TLS for clients, and mutual TLS inside: without a certificate a unit answers nobody."""
    authority = Authority(tmp_path)
    edge, mesh = authority.issue("gateway"), authority.issue("mesh")
    settings = mesh.settings("MESH_TLS")
    settings |= {"GATEWAY_TLS_CERTIFICATE": str(edge.certificate), "GATEWAY_TLS_KEY": str(edge.key)}
    for name, value in settings.items():
        monkeypatch.setenv(name, value)
    real.run("up")
    assert real.status["ready"]
    system = System.running(real.root)
    assert system.url.startswith("https://")
    headers = {"authorization": f"Bearer {system.caller('customer').token}"}
    context = ssl.create_default_context(cafile=edge.ca)
    with httpx.Client(verify=context, headers=headers, trust_env=False) as client:
        assert client.get(f"{system.url}/order-history/whoami").json()["roles"] == ["customer"]
        past_the_gateway = client.get(f"{system.units['order']}/whoami")
    assert past_the_gateway.status_code == 403
    real.run("down")
    assert real.running() == []
