"""The workflow of a project, read and run as GitHub does, in a project on this machine."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from tests.e2e.conftest import Project

CONTEXT = {
    "github.sha": "0123456789abcdef0123456789abcdef01234567",
    "github.server_url": "https://github.example",
    "github.repository": "notes/notes",
}
WITHOUT = {
    "pip install meshgen-cli==": "that version is not on the index: the meshgen under test is used",
    "make audit": "the database of vulnerabilities is not to be had here",
    "make scan": "the scanner's image and its database are not to be had here",
}
"""The steps that need something from the network, and why they are not run."""
IN_CONTAINERS = {"make images", "make sbom"}
"""The steps that need Docker."""


@dataclass(frozen=True)
class Step:
    """A step that runs a command."""

    job: str
    run: str
    env: dict[str, str]

    @property
    def is_left_out(self) -> bool:
        return any(self.run.startswith(command) for command in WITHOUT)


def workflow(project: Project) -> dict[str, Any]:
    text = (project.root / ".github" / "workflows" / "ci.yml").read_text(encoding="utf-8")
    return dict(yaml.safe_load(text))


def steps(project: Project) -> Iterator[Step]:
    """The steps that run commands, in order."""
    for name, job in workflow(project)["jobs"].items():
        for step in job["steps"]:
            if "run" in step:
                env = {key: _evaluated(value) for key, value in step.get("env", {}).items()}
                yield Step(name, _evaluated(step["run"]), env)


def run(project: Project, step: Step) -> None:
    """Run a step in the root of the project, as `bash -e` does; it must succeed."""
    path = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
    clean = {k: v for k, v in os.environ.items() if k not in ("VIRTUAL_ENV", "PYTHONPATH")}
    done = subprocess.run(
        ["bash", "--noprofile", "--norc", "-eo", "pipefail", "-c", step.run],
        cwd=project.root,
        env={**clean, "PATH": path, "CI": "true", **step.env},
        capture_output=True,
        text=True,
        timeout=900,
        check=False,
    )
    assert done.returncode == 0, f"{step.job}: {step.run}\n{done.stdout}\n{done.stderr}"


def _evaluated(text: str) -> str:
    return re.sub(r"\$\{\{ *([\w.]+) *\}\}", lambda found: CONTEXT[found[1]], text)
