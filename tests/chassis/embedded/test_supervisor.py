"""What was killed comes back: processes, the supervisor, and what a supervisor left behind."""

from __future__ import annotations

import os
import signal
import subprocess
import time
from typing import Any

import psutil
import pytest
from chassis.embedded.keeper import Backoff
from chassis.embedded.processes import PROJECT

from tests.waiting import wait_until

from .projects import Project


def _kill(pid: int) -> None:
    os.kill(pid, signal.SIGKILL)
    wait_until(lambda: _is_gone(pid), f"the end of {pid}")


def _is_gone(pid: int) -> bool:
    try:
        return psutil.Process(pid).status() == psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return True


def _row(shop: Project, process: str) -> dict[str, Any]:
    return next(row for row in shop.status["units"] if row["process"] == process)


@pytest.mark.parametrize("name", ["shop", "nats", "gateway"])
def test_what_was_killed_is_started_again(shop: Project, name: str) -> None:
    shop.run("up")
    before, plan = shop.pids, shop.state["plan"]
    _kill(before[name])
    wait_until(lambda: shop.pids[name] != before[name], f"a restart of {name}")
    wait_until(lambda: shop.status["ready"], "readiness")
    after = shop.pids
    assert {each for each in before if before[each] != after[each]} == {name}
    assert shop.state["plan"] == plan
    row = _row(shop, name)
    assert (row["restarts"], row["last_exit"]) == (1, "killed by SIGKILL")
    assert "1 (killed by SIGKILL)" in shop.run("status")
    assert f"{name}: killed by SIGKILL; starting again in 0.1 s" in shop.run("logs", "supervisor")


def test_everything_was_killed(shop: Project) -> None:
    shop.run("up")
    os.kill(shop.supervisor, signal.SIGKILL)
    for pid in shop.pids.values():
        _kill(pid)
    assert "shop is up" in shop.run("up")
    assert len(shop.running()) == 4


def test_a_killed_supervisor_is_noticed_and_what_lives_is_adopted(shop: Project) -> None:
    shop.run("up", "--each")
    before, supervisor = shop.pids, shop.supervisor
    _kill(supervisor)
    assert "the supervisor has ended: `make up` starts another one" in shop.run("status", code=1)
    status = shop.status
    assert (status["ready"], status["supervised"]) == (True, False)
    assert "the system is not running" in shop.run("restart", "cart", code=1)
    _kill(before["cart"])
    assert _row(shop, "cart")["problem"] == "not running"

    assert "the supervisor has ended: starting another one" in shop.run("up", "--each")
    after = shop.pids
    assert {each for each in before if before[each] != after[each]} == {"cart"}
    assert shop.supervisor != supervisor
    assert shop.status["supervised"]
    _kill(after["order"])  # which was adopted
    wait_until(lambda: shop.pids["order"] != after["order"], "a restart of order")
    wait_until(lambda: shop.status["ready"], "readiness")
    assert _row(shop, "order")["last_exit"] == "ended"
    shop.run("down")
    assert shop.running() == []


def test_what_was_repaired_starts_at_once(shop: Project) -> None:
    """A process that waits for its next attempt is not kept waiting, nor judged by its past."""
    shop.configure({"order": "good", "cart": "dies_until_repaired"})
    assert "cart ended 3 times" in shop.run("up", code=1)
    wait_until(lambda: _row(shop, "cart")["restarts"] >= 5, "longer delays")
    (shop.root / "repaired").touch()
    assert "running already" in shop.run("up")


def test_down_needs_no_supervisor(shop: Project) -> None:
    shop.run("up")
    _kill(shop.supervisor)
    assert "shop is down" in shop.run("down")
    assert shop.running() == []


def test_a_supervisor_that_is_asked_to_end_stops_everything(shop: Project) -> None:
    shop.run("up")
    os.kill(shop.supervisor, signal.SIGTERM)
    wait_until(lambda: not shop.running(), "the end of everything")
    assert not shop.status["ready"]
    assert "shop is up" in shop.run("up")


def test_an_orphan_does_not_answer_for_its_successor(shop: Project) -> None:
    """A supervisor was killed after the start of a process, before it could note it."""
    shop.run("up")
    units = next(each for each in shop.state["plan"]["processes"] if each["name"] == "shop")
    _kill(shop.supervisor)
    _kill(shop.pids["shop"])
    orphan = subprocess.Popen(
        units["command"],
        cwd=shop.root,
        env={**shop.environment(), **units["env"], PROJECT: str(shop.root)},
        stdout=subprocess.DEVNULL,
        start_new_session=True,
    )
    try:
        wait_until(lambda: _row(shop, "shop")["pid"] is None)
        shop.run("up")
        wait_until(lambda: orphan.poll() is not None, "the end of the orphan")
        assert shop.pids["shop"] != orphan.pid
        assert len(shop.running()) == 4
    finally:
        orphan.kill()
        orphan.wait()


@pytest.mark.parametrize("moment", [0.0, 0.1, 0.2, 0.3, 0.5])
def test_an_up_that_is_killed_at_any_time_leaves_nothing_behind(
    shop: Project, moment: float
) -> None:
    process = shop.start("up")
    wait_until(lambda: (shop.root / ".local" / "supervisor.lock").exists())
    time.sleep(moment)  # the moments differ; each of them must be right
    process.kill()
    process.communicate()
    shop.run("up")
    assert len(shop.running()) == 4
    assert {each.pid for each in shop.running()} == {shop.supervisor, *shop.pids.values()}
    shop.run("down")
    assert shop.running() == []


def test_a_supervisor_of_another_start_does_nothing(shop: Project) -> None:
    shop.run("up")
    before = shop.state
    said = shop.run("supervise", "another", code=1)
    assert "another command has taken over" in said
    shop.run("down")
    shop.run("supervise", before["run"], code=1)
    assert shop.running() == []


def test_who_does_not_stop_is_killed_and_told(shop: Project) -> None:
    shop.configure({"order": "good", "cart": "stubborn"})
    shop.run("up")
    assert "cart was killed: it did not stop within 12 s" in shop.run("down")
    assert shop.running() == []


def test_delays_grow_up_to_a_limit() -> None:
    backoff = Backoff(first=0.1, longest=5)
    assert [round(backoff.after(ends), 1) for ends in (1, 2, 3, 4)] == [0.1, 0.2, 0.4, 0.8]
    assert backoff.after(100) == 5


def test_a_failed_start_is_repeated(shop: Project) -> None:
    shop.configure({"order": "good", "cart": "dies_once"})
    shop.run("up")
    row = _row(shop, "cart")
    assert (row["restarts"], row["last_exit"]) == (1, "exit code 3")
