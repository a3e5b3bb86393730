"""Starting and stopping single processes."""

from __future__ import annotations

import sys
from functools import partial
from pathlib import Path

import psutil
import pytest
from chassis.embedded import processes
from chassis.embedded.errors import EmbeddedError
from chassis.embedded.processes import Running

from tests.waiting import PATIENCE, wait_until

STUBBORN = (
    "import signal, subprocess, sys, time; signal.signal(signal.SIGTERM, signal.SIG_IGN);"
    "child = subprocess.Popen([sys.executable, '-c', 'import time; time.sleep(60)']);"
    "print(child.pid, flush=True); time.sleep(60)"
)


def _start(folder: Path, *command: str) -> Running:
    return processes.start(command, cwd=folder, env={"X": "1"}, log=folder / "it.log")


def _ended(running: Running) -> bool:
    return not processes.is_alive(running)


def _gone(pid: int) -> bool:
    try:
        return psutil.Process(pid).status() == psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return True


def test_a_process_outlives_and_ends(tmp_path: Path) -> None:
    running = _start(tmp_path, "sleep", "60")
    assert processes.is_alive(running)
    assert processes.memory(running) > 0
    assert processes.stop([running], timeout=PATIENCE) == []
    assert not processes.is_alive(running)
    assert processes.memory(running) == 0
    assert processes.stop([running], timeout=PATIENCE) == []


def test_who_does_not_listen_is_killed_with_its_children(tmp_path: Path) -> None:
    running = _start(tmp_path, sys.executable, "-c", STUBBORN)
    child = wait_until(lambda: (tmp_path / "it.log").read_text().strip())
    assert processes.stop([running], timeout=0.3) == [running]
    assert not processes.is_alive(running)
    wait_until(lambda: _gone(int(child)))


def test_a_number_used_again_is_not_the_process(tmp_path: Path) -> None:
    running = _start(tmp_path, "sleep", "60")
    wait_until(lambda: psutil.Process(running.pid).cmdline())
    assert not processes.is_alive(Running(running.pid, running.started - 60, ("other",)))
    assert processes.stop([Running(running.pid, 1.0, ("sleep", "61"))], timeout=0.1) == []
    assert processes.is_alive(running)
    # The clock was set, so that the start seems to be another one; the command is the same.
    assert processes.is_alive(Running(running.pid, running.started - 60, running.command))
    processes.stop([running], timeout=PATIENCE)


def test_the_log_of_the_run_before_is_kept(tmp_path: Path) -> None:
    for word in ("one", "two"):
        processes.rotate(tmp_path / "it.log")
        running = _start(tmp_path, "echo", word)
        wait_until(partial(_ended, running))
    assert (tmp_path / "it.log").read_text() == "two\n"
    assert (tmp_path / "it.log.1").read_text() == "one\n"


def test_what_is_not_there_cannot_be_started(tmp_path: Path) -> None:
    with pytest.raises(EmbeddedError, match="cannot be started"):
        _start(tmp_path, "/no/such/program")
