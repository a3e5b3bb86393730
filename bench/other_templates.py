"""meshgen as if every template had been changed: the first line of every file says more."""

from __future__ import annotations

import shutil
import tempfile
from functools import cache
from pathlib import Path

from meshgen.cli.app import main
from meshgen.output import templates

_CHANGES = {"change the spec": "please change the spec", "yours to edit": "edit as you like"}


def _changed(root: Path) -> None:
    for path in root.rglob("*.jinja"):
        text = path.read_text(encoding="utf-8")
        for old, new in _CHANGES.items():
            text = text.replace(old, new)
        path.write_text(text, encoding="utf-8")


if __name__ == "__main__":
    with tempfile.TemporaryDirectory() as folder:
        root = Path(folder, "templates")
        shutil.copytree(templates.templates_root(), root)
        _changed(root)
        templates.templates_root = cache(lambda: root)
        main()
