"""A sample of `make mutants`, and proof that it finds what it looks for."""

from __future__ import annotations

import os
import time
from collections.abc import Callable
from pathlib import Path
from random import Random

import pytest

from meshgen.operations.new import create
from tests.mutants import attempt
from tests.mutants.attempt import Box, run
from tests.mutants.campaign import Result, check, generate, made, made_of
from tests.mutants.foreign import tamper
from tests.mutants.specs import ROOT

SEEDS = range(7_000_000, 7_000_100)
WORKERS = 2


def refused(results: list[Result]) -> list[tuple[str, str, str]]:
    return [(each.name, each.fault, each.output) for each in results if each.fault]


def test_a_mutated_spec_is_checked_without_a_crash() -> None:
    results = list(made(check, SEEDS, WORKERS))
    assert not refused(results)
    assert {result.code for result in results} == {0, 2}


def test_the_project_of_a_mutated_spec_is_generated_without_a_crash() -> None:
    results = list(made(generate, SEEDS[:16], WORKERS))
    assert not refused(results)
    assert {result.code for result in results} == {0, 2}


def test_a_project_that_was_tampered_with_is_refused_without_a_crash(tmp_path: Path) -> None:
    project = tmp_path / "notes"
    create(project, ROOT / "specs/minimal.yaml")
    results = list(made_of(project, SEEDS[:16], WORKERS))
    assert not refused(results)
    assert {result.code for result in results} >= {0, 2}


def _loop() -> int:
    while True:
        pass


def _sleep() -> int:
    time.sleep(1000)
    return 0


def _write() -> int:
    Path("../outside/new").write_text("x")
    return 0


def _write_elsewhere() -> int:
    Path("../elsewhere").mkdir()
    return 0


def _leave() -> int:
    Path("tmp/left").write_text("x")
    return 0


def _crash() -> int:
    raise RuntimeError("crashed")


def _fill_memory() -> int:
    return len(bytearray(2 * attempt.MEMORY))


FAULTS: dict[str, tuple[Callable[[], int], str]] = {
    "a loop": (_loop, "processor time"),
    "waiting for ever": (_sleep, "it hangs"),
    "writing through a link": (_write, "outside/new"),
    "writing elsewhere": (_write_elsewhere, "elsewhere"),
    "leaving temporary files": (_leave, "left"),
    "a crash": (_crash, "ended with 70"),
    "too much memory": (_fill_memory, "ended with 70"),
    "an exit code of its own": (lambda: 3, "ended with 3"),
    "a signal": (lambda: os.abort(), "SIGABRT"),
}


@pytest.mark.parametrize("name", FAULTS)
def test_each_fault_is_found(name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    action, fault = FAULTS[name]
    monkeypatch.setattr(attempt, "_called", lambda _: action())
    monkeypatch.setattr(attempt, "PATIENCE", 3)
    box = Box(tmp_path)
    box.prepare()
    assert fault in run(["check"], box, 1)[2]


def test_what_stays_inside_is_no_fault(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(attempt, "_called", lambda _: Path("new").write_text("x") - 1)
    box = Box(tmp_path)
    box.prepare()
    assert run(["check"], box, 1) == (0, "", "")


def test_a_pipe_is_the_last_change(tmp_path: Path) -> None:
    """Whoever reads it waits."""
    box = Box(tmp_path)
    box.prepare()
    project = box.inside / "notes"
    (project / ".meshgen").mkdir(parents=True)
    os.mkfifo(project / ".meshgen" / "state.json")
    for seed in range(100):
        tamper(Random(seed), project, box)
    assert [path.name for path in project.rglob("*")] == [".meshgen", "state.json"]
