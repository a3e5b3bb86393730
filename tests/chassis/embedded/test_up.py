"""`up` and `down`: all of it or nothing, once, whatever happened before."""

from __future__ import annotations

import json
import signal
import socket
import stat
import time
import urllib.request

import psutil
import pytest

from tests.waiting import PATIENCE, wait_until

from .projects import ENVOY, Project


def test_up_starts_everything_and_down_ends_it(shop: Project) -> None:
    said = shop.run("up")
    assert "shop is up: 2 units in 1 process" in said
    names = {process.name() for process in shop.running()}
    assert {"nats-server", "envoy"} <= names
    assert len(shop.running()) == 4
    with urllib.request.urlopen(shop.state["plan"]["processes"][1]["units"]["order"] + "/env") as a:
        assert b"nats://127.0.0.1" in a.read()
    assert "shop is down" in shop.run("down")
    assert shop.running() == []
    assert "nothing is running" in shop.run("down")


def test_what_is_secret_is_the_owners(shop: Project) -> None:
    shop.run("up")
    keys = shop.root / ".local" / "keys"
    assert {each.name for each in keys.iterdir()} == {"signing-key.pem", "jwks.json"}
    for path in [*keys.iterdir(), shop.root / ".local" / "state.json"]:
        assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert stat.S_IMODE((shop.root / ".local").stat().st_mode) == 0o700


def test_nothing_listens_beyond_this_machine(shop: Project) -> None:
    shop.run("up")
    listening = [
        connection.laddr.ip
        for process in shop.running()
        for connection in process.net_connections("inet")
        if connection.status == psutil.CONN_LISTEN
    ]
    assert len(listening) >= 5
    assert set(listening) == {"127.0.0.1"}


def test_a_second_up_changes_nothing(shop: Project) -> None:
    shop.run("up")
    before = shop.pids
    assert "running already" in shop.run("up")
    assert shop.pids == before


def test_two_ups_at_once_start_it_once(shop: Project) -> None:
    both = [shop.start("up"), shop.start("up")]
    said = "".join(process.communicate(timeout=PATIENCE)[0] for process in both)
    assert [process.returncode for process in both] == [0, 0]
    assert "running already" in said
    assert len(shop.running()) == 4


def test_a_taken_port_is_told_and_nothing_is_left(shop: Project) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        said = shop.run("up", code=1, GATEWAY_PORT=str(port))
    assert f"port {port} is in use" in said
    assert "GATEWAY_PORT=" in said
    assert shop.running() == []
    assert not (shop.root / ".local" / "state.json").exists()


def test_the_port_of_the_topology_is_used(shop: Project) -> None:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    shop.configure({"order": "good"}, port=port)
    assert f"http://127.0.0.1:{port}" in shop.run("up")


def test_a_unit_that_dies_is_told_and_takes_no_other_down(shop: Project) -> None:
    shop.configure({"order": "good", "cart": "dies"})
    said = shop.run("up", code=1)
    assert "cart ended 3 times while it was starting: exit code 3" in said
    assert "RuntimeError: the unit could not be built" in said
    assert "`make down` stops everything" in said
    rows = {row["unit"]: row for row in shop.status["units"]}
    assert {unit for unit, row in rows.items() if row["status"] == "ok"} == {
        "nats",
        "order",
        "gateway",
    }
    assert rows["cart"]["restarts"] >= 3
    assert "(exit code 3)" in shop.run("status", code=1)
    assert "cart ended" in shop.run("up", code=1)
    shop.run("down")
    assert shop.running() == []


def test_a_unit_that_says_that_it_cannot_start_is_not_waited_for(shop: Project) -> None:
    shop.configure({"order": "good", "cart": "broken"})
    said = shop.run("up", code=1)
    assert (
        "cart is not ready: cart: 503 hub: not connected, unit: cannot start: no such table" in said
    )
    assert "order" not in said.splitlines()[0]


def test_a_broken_gateway_configuration_is_told(shop: Project) -> None:
    shop.configure({"order": "good"}, envoy=ENVOY.replace("clusters:", "clusterz:"))
    said = shop.run("up", code=1)
    assert "gateway ended 3 times while it was starting: exit code 1" in said
    assert "clusterz" in said
    shop.run("down")
    assert shop.running() == []


def test_an_unknown_variable_in_the_gateways_configuration(shop: Project) -> None:
    shop.configure({"order": "good"}, envoy="# one\n# ${ORDER_PORT} ${CART_PORT}\n")
    said = shop.run("up", code=1)
    assert "gateway/envoy.yaml, line 2: unknown variable ${CART_PORT}; there are" in said
    assert "ORDER_PORT" in said
    assert shop.running() == []


def test_a_unit_cannot_take_a_variable_of_the_gateway(shop: Project) -> None:
    shop.configure({"order": "good", "gateway_admin": "good"})
    assert "${GATEWAY_ADMIN_PORT} is reserved" in shop.run("up", code=1)
    shop.configure({"order": "good", "admin": "good"})
    assert "2 units" in shop.run("up")


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_an_interrupted_up_leaves_nothing(shop: Project, number: signal.Signals) -> None:
    shop.configure({"order": "never"})
    process = shop.start("up")
    wait_until(lambda: len(shop.running()) >= 5)
    process.send_signal(number)
    process.communicate(timeout=PATIENCE)
    assert process.returncode == 130
    assert shop.running() == []


def test_a_killed_up_can_be_gone_on_with(shop: Project) -> None:
    shop.configure({"order": "slow"})
    process = shop.start("up")
    wait_until(lambda: (shop.root / ".local" / "state.json").exists())
    process.kill()
    process.communicate()
    shop.run("up")
    assert len(shop.running()) == 4
    assert shop.status["ready"]


def test_numbers_that_belong_to_others_now_are_left_alone(shop: Project) -> None:
    """As after a restart of the machine: the state is there, the numbers mean other processes."""
    shop.run("up")
    stale, file = shop.state, shop.root / ".local" / "state.json"
    shop.run("down")
    time.sleep(2.1)  # so that the stranger cannot be taken for one of ours by its age
    with psutil.Popen(["sleep", "60"]) as stranger:
        for each in stale["started"].values():
            each["pid"] = stranger.pid
        file.write_text(json.dumps(stale))
        assert not shop.status["ready"]
        shop.run("down")
        assert stranger.is_running()
        file.write_text(json.dumps(stale))
        assert "shop is up" in shop.run("up")
        assert stranger.is_running()
        assert stranger.pid not in shop.pids.values()
        stranger.kill()


def test_a_state_that_cannot_be_read(shop: Project) -> None:
    shop.run("token", "--role", "customer")
    (shop.root / ".local" / "state.json").write_text("{")
    assert ".local/state.json is damaged" in shop.run("up", code=1)


def test_a_changed_topology_starts_anew(shop: Project) -> None:
    shop.run("up")
    before = shop.pids
    shop.configure({"order": "good", "cart": "good", "web": "good"}, {"shop": ["order", "cart"]})
    said = shop.run("up")
    assert "the topology has changed" in said
    assert "3 units in 2 processes" in said
    assert not set(before.values()) & set(shop.pids.values())
    assert len(shop.running()) == 5


def test_each_unit_may_have_its_own_process(shop: Project) -> None:
    assert "2 units in 2 processes" in shop.run("up", PROCESSES="each")
    assert {"order", "cart"} < shop.pids.keys()
    assert "running already" in shop.run("up", "--each")


def test_one_process_can_be_restarted(shop: Project) -> None:
    shop.run("up", "--each")
    before = shop.pids
    shop.run("restart", "cart")
    after = shop.pids
    assert {each for each in before if before[each] != after[each]} == {"cart"}
    said = shop.run("restart", "nobody", code=1)
    assert "there is no running process 'nobody'" in said
    assert "cart" in said
    shop.run("restart")
    changed = {each for each in after if after[each] != shop.pids[each]}
    assert changed == {"order", "cart"}
    assert all(row["restarts"] == 0 for row in shop.status["units"])


def test_without_a_system_nothing_is_restarted(shop: Project) -> None:
    assert "the system is not running" in shop.run("restart", code=1)
