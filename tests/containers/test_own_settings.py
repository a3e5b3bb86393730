"""The settings of an adapter in docs/own-code.md reach its container."""

from __future__ import annotations

import json
import re
from pathlib import Path

from tests.containers.conftest import EXAMPLE, docker
from tests.e2e.conftest import ROOT, Project
from tests.trees import copy_tracked

DOCUMENT = (ROOT / "docs" / "own-code.md").read_text(encoding="utf-8")
COMPOSED = re.findall(r"```yaml\n(.*?)```", DOCUMENT, re.DOTALL)[0]
OVERRIDE = "deploy/compose.override.yaml"


def test_they_are_added_to_what_compose_starts(tmp_path: Path) -> None:
    copy_tracked(EXAMPLE, tmp_path)
    (tmp_path / OVERRIDE).write_text(COMPOSED)
    secrets = tmp_path / ".local" / "secrets"
    secrets.mkdir(parents=True)
    (secrets / "payment-provider.env").write_text("PAYMENT_PROVIDER_KEY=a key\n")
    files = ("--file", str(tmp_path / "deploy/compose.yaml"), "--file", str(tmp_path / OVERRIDE))
    found = json.loads(docker("compose", *files, "config", "--format", "json"))["services"]["shop"]
    assert found["environment"]["PAYMENT_PROVIDER_URL"] == "https://payments.example"
    assert found["environment"]["PAYMENT_PROVIDER_KEY"] == "a key"
    assert found["environment"]["AUDIENCE"] == "shop"
    assert found["networks"].keys() == {"units", "servers", "telemetry", "outside"}
    named = f"--file deploy/compose.yaml --file {OVERRIDE}"
    assert named in Project(tmp_path).make("--dry-run", "compose-down")
