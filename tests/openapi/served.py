"""Prints the OpenAPI documents that the units of a project serve: a process of that project."""

from __future__ import annotations

import importlib
import json
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import chassis
from chassis.testing.unit import TestUnit

KINDS = ("service", "projection", "stream", "bff")


def documents(root: Path) -> Iterator[tuple[str, Any]]:
    """Yield the name of each unit, and its document."""
    for kind in KINDS:
        for path in sorted(root.glob(f"{kind}s/*/src/*/{kind}.py")):
            unit = getattr(importlib.import_module(f"{path.parent.name}.{kind}"), kind)
            with TestUnit(unit) as running:
                yield unit.name, running.anonymous.get("/openapi.json").body


def main() -> None:
    root = Path(sys.argv[1])
    assert Path(chassis.__file__).is_relative_to(root)
    print(json.dumps(dict(documents(root)), default=float))


if __name__ == "__main__":
    main()
