"""The tools of AsyncAPI, from npm: its parser, and Modelina, which generates code."""

from __future__ import annotations

import json
import subprocess
from pathlib import Path
from typing import Any

from tests.servers import npm

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


def _home() -> Path:
    """Return the folder with the scripts and what they import."""
    return npm.installed(
        "asyncapi", *sorted(_SOURCES.glob("*.json")), *sorted(_SOURCES.glob("*.mjs"))
    )
