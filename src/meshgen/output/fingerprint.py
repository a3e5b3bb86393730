"""The fingerprint of this version of meshgen, its templates and the tools it calls."""

from __future__ import annotations

import hashlib
from functools import cache
from importlib.metadata import version
from pathlib import Path

from meshgen.output.templates import is_cache, templates_root

# Their output is part of generated projects.
_TOOLS = ("copier", "datamodel-code-generator", "jinja2", "ruff")


@cache
def engine() -> str:
    """Return a hash that changes if the same spec may be rendered differently."""
    found = hashlib.sha256()
    for tool in _TOOLS:
        found.update(f"{tool} {version(tool)}\n".encode())
    for root in (Path(__file__).parents[1], templates_root()):
        for path in sorted(root.rglob("*")):
            name = path.relative_to(root)
            if is_cache(name.parts) or name.parts[0] == "templates" or not path.is_file():
                continue
            found.update(f"{name.as_posix()}\0".encode() + path.read_bytes() + b"\0")
    return found.hexdigest()
