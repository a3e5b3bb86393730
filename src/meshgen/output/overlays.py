"""The user's own templates, in a project's `.meshgen/templates/NAME`.

They are foreign input, as they are part of a cloned project: `meshgen diff` must not execute their
code. They are rendered in Jinja's sandbox. Their settings are never used; a copier.yml that differs
from meshgen's is refused.
"""

from __future__ import annotations

import hashlib
import os
import stat
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from meshgen.errors import MeshgenError
from meshgen.output.templates import (
    CONFIG,
    SCHEMA,
    content_folder,
    read_template,
    template_folder,
    template_names,
)
from meshgen.project.state import FOLDER

OVERLAYS = f"{FOLDER}/templates"
_MAX_FILES, _MAX_BYTES = 1000, 1_000_000
_BESIDE = (CONFIG, SCHEMA, "README.md")
_QUESTION_KEYS = {"type", "help"}
_HINT = (
    "templates of a project render texts and run nothing; "
    "`meshgen templates export` shows what they look like"
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Overlay:
    """The checked files of an overlay, by their path in the template's folder."""

    template: str
    files: Mapping[str, bytes]

    @property
    def content(self) -> dict[str, bytes]:
        """The files that are rendered."""
        return {path: content for path, content in self.files.items() if path not in _BESIDE}


Overlays = Mapping[str, Overlay]
"""The user's own templates, by the name of the template that they go over."""


def digests(overlays: Overlays) -> dict[str, str]:
    """A hash of what is rendered of each overlay."""
    return {name: _digest(overlay.content) for name, overlay in overlays.items()}


def digest_of(overlays: Overlays) -> str:
    """A hash of all overlays, "" if there are none."""
    found = digests(overlays)
    return _digest({name: found[name].encode() for name in found}) if found else ""


def _digest(files: Mapping[str, bytes]) -> str:
    found = hashlib.sha256()
    for path, content in sorted(files.items()):
        found.update(f"{path}\0{len(content)}\0".encode() + content)
    return found.hexdigest()


def read_overlays(folder: Path) -> Overlays:
    """Read the user's own templates from `folder`; none if there is no such folder.

    Raises:
        MeshgenError: Whatever could run, read or write something.
    """
    if not folder.is_dir() and not folder.is_symlink():
        return {}
    overlays = {}
    if folder.is_symlink():
        raise MeshgenError(f"{folder} is a symbolic link", hint=_HINT)
    for entry in sorted(os.scandir(folder), key=lambda entry: entry.name):
        path = folder / entry.name
        if entry.name not in template_names() or not entry.is_dir(follow_symlinks=False):
            names = ", ".join(template_names())
            raise MeshgenError(f"{path} is not the name of a template", hint=f"there are {names}")
        overlays[entry.name] = _read(entry.name, path)
    return {name: overlay for name, overlay in overlays.items() if overlay.content}


def _read(template: str, root: Path) -> Overlay:
    own = read_template(template)
    files = {path: content for path, content in _files(root, root) if own.get(path) != content}
    inside = content_folder(template).relative_to(template_folder(template)).as_posix()
    for path in files:
        if path not in _BESIDE and inside != "." and not path.startswith(f"{inside}/"):
            raise MeshgenError(
                f"{root / path} is not rendered",
                hint=f"what is rendered is in {root / inside}",
            )
    if CONFIG in files:
        _check_config(template, root / CONFIG, files[CONFIG])
    return Overlay(template=template, files=files)


def _files(root: Path, folder: Path) -> Iterator[tuple[str, bytes]]:
    """The regular files below `folder`; anything else is refused."""
    count = 0
    for entry in sorted(os.scandir(folder), key=lambda entry: entry.name):
        path = Path(entry.path)
        if not entry.name.isprintable() or "\\" in entry.name or ".." in entry.name:
            raise MeshgenError(f"{str(path)!r} is not a valid path of a template", hint=_HINT)
        mode = entry.stat(follow_symlinks=False).st_mode
        if stat.S_ISDIR(mode):
            yield from _files(root, path)
            continue
        if not stat.S_ISREG(mode):
            kind = "a symbolic link" if stat.S_ISLNK(mode) else "not a regular file"
            raise MeshgenError(f"{path} is {kind}", hint=_HINT)
        count += 1
        if count > _MAX_FILES or entry.stat(follow_symlinks=False).st_size > _MAX_BYTES:
            raise MeshgenError(f"{path}: the templates are too large")
        yield path.relative_to(root).as_posix(), path.read_bytes()


def _check_config(template: str, path: Path, text: bytes) -> None:
    """Refuse settings and questions that are not those of meshgen's own template."""
    own = yaml.safe_load((template_folder(template) / CONFIG).read_bytes())
    try:
        root = yaml.compose(text, Loader=yaml.SafeLoader)
        said = yaml.safe_load(text)
    except (yaml.YAMLError, ValueError, RecursionError) as error:
        raise MeshgenError(f"{path}: {error}", hint=_HINT) from None
    if not isinstance(said, dict) or not isinstance(root, yaml.MappingNode):
        raise MeshgenError(f"{path} must be a mapping", hint=_HINT)
    places = {key.value: (key.start_mark.line, key.start_mark.column) for key, _ in root.value}
    for key, value in said.items():
        if why := _refusal(str(key), value, own):
            line, column = places.get(str(key), (0, 0))
            raise MeshgenError(f"{path}:{line + 1}:{column + 1}: {why}", hint=_HINT)


def _refusal(key: str, value: Any, own: Mapping[str, Any]) -> str | None:
    """Why a setting or question is refused, if it is."""
    if key == "_min_copier_version":
        return None
    if key.startswith("_"):
        if key not in own:
            return f"`{key}` is not allowed"
        return None if value == own[key] else f"`{key}` has to be {own[key]!r}"
    if key not in own:
        questions = ", ".join(f"`{name}`" for name in own if not name.startswith("_"))
        return f"meshgen has no answer to `{key}`; it answers {questions}"
    if not isinstance(value, dict) or value.keys() - _QUESTION_KEYS:
        return f"`{key}` can only have a type and a help text: meshgen provides the answer"
    return None
