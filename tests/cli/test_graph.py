"""`meshgen graph` as a user meets it."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parents[2]
SHOP = ROOT / "specs" / "shop.yaml"


def graph(*arguments: str | Path) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "meshgen", "graph", *map(str, arguments)]
    return subprocess.run(
        command, capture_output=True, text=True, encoding="utf-8", timeout=60, check=False
    )


def test_mermaid_goes_to_stdout() -> None:
    done = graph(SHOP)
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout.startswith("flowchart LR\n")


def test_a_picture_is_written(tmp_path: Path) -> None:
    target = tmp_path / "events.svg"
    done = graph(SHOP, "--view", "events", "--format", "svg", "--output", target)
    assert (done.returncode, done.stdout) == (0, f"ok wrote {target}\n")
    assert target.read_text(encoding="utf-8") == (ROOT / "docs/shop-events.svg").read_text("utf-8")


def test_one_json_document() -> None:
    done = graph(SHOP, "--view", "process", "--of", "order.Checkout", "--json")
    document = json.loads(done.stdout)
    assert document["view"] == "process"
    assert "ReserveStock" in document["text"]


def test_a_file_that_cannot_be_written(tmp_path: Path) -> None:
    done = graph(SHOP, "--output", tmp_path)
    assert done.returncode == 2
    assert "cannot be written" in done.stderr


def test_an_unknown_view() -> None:
    assert graph(SHOP, "--view", "everything").returncode == 2
