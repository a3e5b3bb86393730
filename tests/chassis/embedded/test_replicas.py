"""Several copies of a process: the gateway balances over them, and one may be away."""

from __future__ import annotations

import os
import signal
import threading
import urllib.request
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

from chassis.embedded.envoy import fill_in
from chassis.testing.system import Caller, System

from tests.waiting import wait_until

from .projects import Project

ENDPOINT = '- endpoint: {address: "${ORDER_HOST}", port_value: ${ORDER_PORT}}\n'


@dataclass
class Load:
    """Commands that are sent one after the other, and who answered them."""

    caller: Caller
    answers: Counter[int] = field(default_factory=Counter)
    pids: Counter[int] = field(default_factory=Counter)
    done: threading.Event = field(default_factory=threading.Event)

    def run(self) -> None:
        while not self.done.is_set():
            answer = self.caller.request("POST", "/order/pid", quiet=True)
            self.answers[answer.status] += 1
            if answer.status == 200:
                self.pids[answer.body["pid"]] += 1


@contextmanager
def load(system: System) -> Iterator[list[Load]]:
    loads = [Load(system.caller("customer")) for _ in range(4)]
    threads = [threading.Thread(target=each.run) for each in loads]
    for thread in threads:
        thread.start()
    try:
        yield loads
    finally:
        for each in loads:
            each.done.set()
        for thread in threads:
            thread.join()


def _answers(loads: list[Load]) -> Counter[int]:
    return sum((each.answers for each in loads), Counter())


def _pids(loads: list[Load]) -> Counter[int]:
    return sum((each.pids for each in loads), Counter())


def _all_are_healthy(project: Project) -> bool:
    """Whether the gateway knows that all copies are ready."""
    admin_port = project.state["plan"]["admin_port"]
    with urllib.request.urlopen(f"http://127.0.0.1:{admin_port}/clusters") as answer:
        return b"failed_active_hc" not in answer.read()


def test_every_process_runs_twice(shop: Project) -> None:
    said = shop.run("up", REPLICAS="2")
    assert "2 units in 2 processes" in said
    assert list(shop.pids) == ["nats", "shop", "shop-2", "gateway"]
    rows = [(row["unit"], row["process"]) for row in shop.status["units"]]
    assert rows[1:-1] == [
        ("order", "shop"),
        ("cart", "shop"),
        ("order", "shop-2"),
        ("cart", "shop-2"),
    ]
    assert len({row["url"] for row in shop.status["units"]}) == 6
    peers = shop.state["plan"]["processes"][1]["env"]["PEERS"]
    assert [entry.count("http://") for entry in peers.split(",")] == [2, 2]
    assert "running already" in shop.run("up", "--replicas", "2")
    assert "the topology has changed" in shop.run("up")


def test_the_topology_names_the_copies(shop: Project) -> None:
    topology = shop.root / "topology.toml"
    topology.write_text(topology.read_text() + "[replicas]\nshop = 3\n")
    shop.run("up")
    assert list(shop.pids) == ["nats", "shop", "shop-2", "shop-3", "gateway"]
    before = shop.pids
    shop.run("restart", "shop-2")
    assert {name for name, pid in shop.pids.items() if pid != before[name]} == {"shop-2"}
    copies = ["shop", "shop-2", "shop-3"]
    for copy in copies:
        with (shop.root / ".local" / "logs" / f"{copy}.log").open("a") as log:
            log.write('{"service": "order", "event": "hello"}\n')
    lines = shop.run("logs", "order", "-n", "1").splitlines()
    assert [line.split(" | ")[0].strip() for line in lines] == copies


def test_a_rolling_restart_drops_no_request(real: Project) -> None:
    real.run("up", REPLICAS="2")
    before = real.pids
    system = System.running(real.root)
    with load(system) as loads:
        wait_until(lambda: len(_pids(loads)) == 2, "answers of both copies")
        said = real.run("restart", "shop")
        wait_until(
            lambda: {real.pids["shop"], real.pids["shop-2"]} <= _pids(loads).keys(),
            "answers of the new copies",
        )
    assert "shop is ready again" in said
    assert "shop-2 is ready again" in said
    assert not set(before.values()) & {real.pids["shop"], real.pids["shop-2"]}
    assert _answers(loads).keys() == {200}
    assert all(row["restarts"] == 0 for row in real.status["units"])


def test_a_killed_copy_is_replaced_by_the_other(real: Project) -> None:
    real.run("up", REPLICAS="2")
    system = System.running(real.root)
    wait_until(lambda: _all_are_healthy(real), "the health checks of the gateway")
    with load(system) as loads:
        wait_until(lambda: len(_pids(loads)) == 2, "answers of both copies")
        os.kill(real.pids["shop"], signal.SIGKILL)
        wait_until(lambda: len(_pids(loads)) == 3, "answers of its successor")
    failed = _answers(loads)
    del failed[200]
    assert set(failed) <= {503}
    # Each caller may lose the request in the killed copy, and one that is in its backlog.
    assert failed.total() <= 2 * len(loads)


def test_an_endpoint_is_repeated_for_every_copy() -> None:
    text = f"# ${{ORDER_HOST}}:${{ORDER_PORT}}\n{ENDPOINT}end\n"
    assert fill_in(text, {}, {"order": [1, 2]}, "envoy.yaml") == (
        "# 127.0.0.1:1\n"
        '- endpoint: {address: "127.0.0.1", port_value: 1}\n'
        '- endpoint: {address: "127.0.0.1", port_value: 2}\n'
        "end\n"
    )
    assert fill_in(ENDPOINT, {}, {"order": [1]}, "envoy.yaml").count("\n") == 1


def test_two_processes_of_one_name(shop: Project) -> None:
    shop.configure({"order": "good", "order-2": "good"})
    assert "two processes are called 'order-2'" in shop.run("up", code=1, REPLICAS="2")
