"""The tools of AsyncAPI, from npm: its parser, and Modelina, which generates code."""

from __future__ import annotations

import hashlib
import json
import os
import shutil
import subprocess
from functools import cache
from pathlib import Path
from typing import Any

from tests.servers.server import INSTALLED, settle

_SOURCES = Path(__file__).parent


def findings(document: Path) -> list[dict[str, str]]:
    """Return what the official parser says against a document.

    Each has a `code`, a `message` and a `path`. That there is a newer version of AsyncAPI is left
    out.
    """
    printed: dict[str, Any] = json.loads(_node("validate.mjs", document))
    found = [each for each in printed["found"] if each["code"] != "asyncapi-latest-version"]
    assert printed["valid"] or found
    return found


def generate_models(document: Path, package: Path) -> None:
    """Generate a package of pydantic models: one for each schema, in a module named after it."""
    _node("generate.mjs", document, package)
    (package / "__init__.py").touch()


def _node(script: str, *arguments: Path) -> str:
    command = ["node", str(_home() / script), *map(str, arguments)]
    return subprocess.run(command, check=True, capture_output=True, text=True).stdout


@cache
def _home() -> Path:
    """Return the folder with the scripts and what they import, which is installed if it is new."""
    sources = [path for path in sorted(_SOURCES.iterdir()) if path.suffix in (".json", ".mjs")]
    digest = hashlib.sha256(b"".join(path.read_bytes() for path in sources)).hexdigest()[:12]
    home = INSTALLED / f"asyncapi-{digest}"
    if not home.exists():
        partial = home.with_name(f"{home.name}.{os.getpid()}")
        partial.mkdir(parents=True)
        for path in sources:
            shutil.copyfile(path, partial / path.name)
        install = ["npm", "install", "--ignore-scripts", "--no-package-lock", "--no-audit"]
        assert shutil.which("npm"), "npm is missing: these tests need Node.js 20"
        subprocess.run([*install, "--no-fund", "--silent"], cwd=partial, check=True)
        settle(partial, home)
    return home
