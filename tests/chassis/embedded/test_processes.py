"""Starting and stopping single processes."""

from __future__ import annotations

import sys
import time
from pathlib import Path

import psutil
import pytest
from chassis.embedded import processes
from chassis.embedded.errors import EmbeddedError
from chassis.embedded.processes import Running

STUBBORN = (
    "import signal, subprocess, sys, time; signal.signal(signal.SIGTERM, signal.SIG_IGN);"
    "child = subprocess.Popen([sys.executable, '-c', 'import time; time.sleep(60)']);"
    "print(child.pid, flush=True); time.sleep(60)"
)


def _start(folder: Path, *command: str) -> Running:
    return processes.start(command, cwd=folder, env={"X": "1"}, log=folder / "it.log")


def test_a_process_outlives_and_ends(tmp_path: Path) -> None:
    running = _start(tmp_path, "sleep", "60")
    assert processes.is_alive(running)
    assert processes.memory(running) > 0
    assert processes.stop([running], timeout=3) == []
    assert not processes.is_alive(running)
    assert processes.memory(running) == 0
    assert processes.stop([running], timeout=3) == []


def test_who_does_not_listen_is_killed_with_its_children(tmp_path: Path) -> None:
    running = _start(tmp_path, sys.executable, "-c", STUBBORN)
    while not (child := (tmp_path / "it.log").read_text().strip()):
        time.sleep(0.01)
    assert processes.stop([running], timeout=0.3) == [running]
    assert not processes.is_alive(running)
    time.sleep(0.1)
    assert (
        not psutil.pid_exists(int(child))
        or psutil.Process(int(child)).status() == psutil.STATUS_ZOMBIE
    )


def test_a_number_used_again_is_not_the_process(tmp_path: Path) -> None:
    running = _start(tmp_path, "sleep", "60")
    while not psutil.Process(running.pid).cmdline():
        time.sleep(0.01)
    assert not processes.is_alive(Running(running.pid, running.started - 60, ("other",)))
    assert processes.stop([Running(running.pid, 1.0, ("sleep", "61"))], timeout=0.1) == []
    assert processes.is_alive(running)
    # The clock was set, so that the start seems to be another one; the command is the same.
    assert processes.is_alive(Running(running.pid, running.started - 60, running.command))
    processes.stop([running], timeout=3)


def test_the_log_of_the_run_before_is_kept(tmp_path: Path) -> None:
    for word in ("one", "two"):
        running = _start(tmp_path, "echo", word)
        while processes.is_alive(running):
            time.sleep(0.01)
    assert (tmp_path / "it.log").read_text() == "two\n"
    assert (tmp_path / "it.log.1").read_text() == "one\n"


def test_what_is_not_there_cannot_be_started(tmp_path: Path) -> None:
    with pytest.raises(EmbeddedError, match="cannot be started"):
        _start(tmp_path, "/no/such/program")
