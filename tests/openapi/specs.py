"""The specs whose documents are compared and validated."""

from __future__ import annotations

from pathlib import Path

ROOT = Path(__file__).parents[2]
SPECS = {
    path.stem: path
    for pattern in ("specs/*", "specs/evolution/*", "tests/e2e/specs/*", "tests/openapi/*")
    for path in sorted(ROOT.glob(f"{pattern}.yaml"))
} | {"kiosk": ROOT / "tests/engines/kiosk/kiosk.yaml"}
