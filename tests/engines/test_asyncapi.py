"""The official parser accepts the AsyncAPI documents, whatever the event hub."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest
import yaml

from tests.servers.asyncapi import findings

ROOT = Path(__file__).parents[2]
SPECS = (ROOT / "specs" / "shop.yaml", *sorted((ROOT / "tests" / "e2e" / "specs").glob("*.yaml")))


def generated(spec: Path, folder: Path) -> Path:
    """Generate a system; return its document."""
    root = folder / "system"
    command = [sys.executable, "-m", "meshgen", "new", str(root), "--spec", str(spec), "--quiet"]
    subprocess.run(command, check=True)
    return root / "contracts" / "asyncapi.yaml"


@pytest.mark.parametrize("spec", SPECS, ids=lambda path: path.stem)
def test_it_is_valid(spec: Path, tmp_path: Path) -> None:
    assert findings(generated(spec, tmp_path)) == []


@pytest.mark.parametrize("engine", ["rabbitmq", "nats"])
def test_it_is_valid_for_every_event_hub(engine: str, tmp_path: Path) -> None:
    shop = (ROOT / "specs" / "shop.yaml").read_text()
    spec = tmp_path / "shop.yaml"
    spec.write_text(shop.replace("engine: kafka", f"engine: {engine}"))
    assert findings(generated(spec, tmp_path)) == []


def test_what_is_wrong_is_found(tmp_path: Path) -> None:
    document = yaml.safe_load((ROOT / "examples/shop/contracts/asyncapi.yaml").read_text())
    del document["channels"]["shop.order.events"]
    wrong = tmp_path / "asyncapi.yaml"
    wrong.write_text(yaml.safe_dump(document))
    assert findings(wrong)
