"""The steps of a project's workflow that need Docker; the others are in tests/e2e."""

from __future__ import annotations

import json
from pathlib import Path

from tests.containers.conftest import docker
from tests.e2e.conftest import generate
from tests.e2e.workflow import CONTEXT, IN_CONTAINERS, run, steps


def test_images_are_built_and_described(tmp_path: Path) -> None:
    notes = generate("minimal", tmp_path)
    for step in steps(notes):
        if step.run in IN_CONTAINERS:
            run(notes, step)
    (found,) = json.loads(docker("image", "inspect", "notes/notes"))
    labels = found["Config"]["Labels"]
    assert labels["org.opencontainers.image.revision"] == CONTEXT["github.sha"]
    assert labels["org.opencontainers.image.source"] == "https://github.example/notes/notes"
    written = (notes.root / ".local" / "sbom" / "notes.cdx.json").read_text(encoding="utf-8")
    names = {each["name"] for each in json.loads(written)["components"]}
    assert "nats-py" in names
