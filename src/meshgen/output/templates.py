"""The folders of templates."""

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


@cache
def template_names() -> tuple[str, ...]:
    """The names of the templates."""
    return tuple(sorted(path.parent.name for path in templates_root().glob(f"*/{CONFIG}")))


def template_folder(name: str) -> Path:
    """The folder of a template, with its copier.yml."""
    return templates_root() / name


def content_folder(name: str) -> Path:
    """The folder of what a template renders, which is `_subdirectory` in its copier.yml."""
    inside = template_folder(name) / "template"
    return inside if inside.is_dir() else template_folder(name)


def read_template(name: str) -> dict[str, bytes]:
    """The files of a template by their path in its folder, copier.yml and all."""
    root = template_folder(name)
    return {
        path.relative_to(root).as_posix(): path.read_bytes()
        for path in sorted(root.rglob("*"))
        if path.is_file() and not is_cache(path.relative_to(root).parts)
    }
