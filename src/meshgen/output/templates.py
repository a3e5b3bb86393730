"""Where the templates are."""

from __future__ import annotations

from functools import cache
from importlib.resources import files
from pathlib import Path

CONFIG = "copier.yml"
"""Makes a folder a Copier template."""
SCHEMA = "answers.schema.json"
"""Beside it: what the answers have to look like."""


@cache
def templates_root() -> Path:
    """The folder of templates: inside the package when installed, beside `src` in a checkout."""
    packaged = Path(str(files("meshgen"))) / "templates"
    return packaged if packaged.is_dir() else Path(__file__).parents[3] / "templates"


def is_cache(parts: tuple[str, ...]) -> bool:
    """Whether a path with these parts is something that tools left behind."""
    return any(part == "__pycache__" or part.endswith("_cache") for part in parts)


def template_folder(name: str) -> Path:
    """The folder of a template, with its copier.yml."""
    return templates_root() / name
