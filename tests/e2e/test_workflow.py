"""The workflow of a generated project does what it says, with as few rights as possible."""

from __future__ import annotations

import re
from collections.abc import Callable

import pytest

from tests.e2e.conftest import Project
from tests.e2e.workflow import IN_CONTAINERS, WITHOUT, run, steps, workflow


@pytest.fixture(scope="module")
def notes(generated: Callable[[str], Project]) -> Project:
    return generated("minimal")


def test_its_steps_pass(notes: Project) -> None:
    """Those with containers are run by tests/containers."""
    for step in steps(notes):
        if not step.is_left_out and step.run not in IN_CONTAINERS:
            run(notes, step)


def test_steps_are_targets_of_the_makefile(notes: Project) -> None:
    commands = [step.run for step in steps(notes)]
    assert {each for each in commands if not re.fullmatch(r"make [a-z]+", each)} == {
        each for each in commands if each.startswith("pip install meshgen-cli==")
    }
    targets = notes.make("help")
    for command in commands:
        assert command[:5] != "make " or f"\n{command[5:]} " in f"\n{targets}", command


def test_what_is_not_run_is_in_it(notes: Project) -> None:
    commands = {step.run for step in steps(notes)}
    assert commands >= IN_CONTAINERS
    assert all(any(each.startswith(command) for each in commands) for command in WITHOUT)


def test_it_may_only_read(notes: Project) -> None:
    found = workflow(notes)
    assert found["permissions"] == {"contents": "read"}
    assert found["concurrency"]["cancel-in-progress"] is True
    for name, job in found["jobs"].items():
        assert "permissions" not in job, name
        assert 0 < job["timeout-minutes"] <= 30
        uses = [step for step in job["steps"] if "uses" in step]
        checkout = uses[0]
        assert checkout["uses"].startswith("actions/checkout@")
        assert checkout["with"]["persist-credentials"] is False
        for step in uses:
            assert re.fullmatch(r"actions/[a-z-]+@[0-9a-f]{40}", step["uses"])


def test_no_expression_is_in_a_command(notes: Project) -> None:
    """What GitHub fills in reaches commands as variables, never as code."""
    text = (notes.root / ".github" / "workflows" / "ci.yml").read_text(encoding="utf-8")
    commands = re.findall(r"run: (.*)", text)
    assert commands
    assert not [each for each in commands if "${{" in each]
    versions = re.findall(r"uses: \S+@[0-9a-f]{40} # v\d+\.\d+\.\d+", text)
    assert len(versions) == len(re.findall(r"uses:", text))


@pytest.mark.parametrize(
    ("command", "path", "before", "after"),
    [
        ("make diff", "notes.yaml", "max_length: 500", "max_length: 400"),
        ("make manifests", "deploy/k8s/base/gateway.yaml", "maxUnavailable:", "maxUnavailabel:"),
    ],
    ids=["drift", "manifests"],
)
def test_a_fault_fails_its_step(
    notes: Project, command: str, path: str, before: str, after: str
) -> None:
    text = (notes.root / path).read_text(encoding="utf-8")
    assert before in text
    (notes.root / path).write_text(text.replace(before, after), encoding="utf-8")
    try:
        with pytest.raises(AssertionError, match=command):
            run(notes, next(step for step in steps(notes) if step.run == command))
    finally:
        (notes.root / path).write_text(text, encoding="utf-8")
