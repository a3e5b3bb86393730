"""`meshgen templates`: list templates, and export them for changes."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from meshgen.errors import MeshgenError
from meshgen.output.answers import MODELS
from meshgen.output.overlays import read_overlays
from meshgen.output.templates import CONFIG, SCHEMA, content_folder, read_template, template_folder

_SETTINGS = (CONFIG, SCHEMA)


@dataclass(frozen=True, slots=True, kw_only=True)
class Listed:
    """A template of meshgen's; `replaced` and `added` are the user's own files over it."""

    name: str
    summary: str
    files: tuple[str, ...]
    replaced: tuple[str, ...]
    added: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Exported:
    """Files of a template that were written below `folder`."""

    folder: Path
    files: tuple[str, ...]


def list_templates(own: Path | None) -> tuple[Listed, ...]:
    """The templates, and what in the folder `own` goes over them.

    Raises:
        MeshgenError: Something in it is refused.
    """
    overlays = read_overlays(own) if own else {}
    found = []
    for name, model in MODELS.items():
        files = read_template(name).keys() - set(_SETTINGS)
        mine = overlays[name].content.keys() if name in overlays else set()
        found.append(
            Listed(
                name=name,
                summary=(model.__doc__ or "").strip(),
                files=tuple(sorted(files)),
                replaced=tuple(sorted(mine & files)),
                added=tuple(sorted(mine - files)),
            )
        )
    return tuple(found)


def export(name: str, into: Path, only: Sequence[str] = ()) -> Exported:
    """Copy a template into the folder `into / name`, to be changed there.

    With `only` those of its files whose paths contain one of the texts. Raises MeshgenError for an
    unknown template, a text that no path contains, or a file that is there already.
    """
    if name not in MODELS:
        raise MeshgenError(
            f"there is no template {name!r}", hint=f"use one of {', '.join(sorted(MODELS))}"
        )
    read_overlays(into)  # refuses symbolic links
    files = read_template(name)
    for text in only:
        if not any(text in path for path in files):
            where = content_folder(name).relative_to(template_folder(name).parent)
            raise MeshgenError(
                f"the template {name!r} has no file {text!r}",
                hint=f"`meshgen templates list --json` names the files in {where.as_posix()}",
            )
    chosen = {
        path: content
        for path, content in files.items()
        if path in _SETTINGS or not only or any(text in path for text in only)
    }
    folder = into / name
    try:
        for path, content in chosen.items():
            if (folder / path).exists() and (folder / path).read_bytes() != content:
                raise MeshgenError(f"{folder / path} already exists", hint="nothing was written")
        for path, content in chosen.items():
            (folder / path).parent.mkdir(parents=True, exist_ok=True)
            (folder / path).write_bytes(content)
    except OSError as error:
        raise MeshgenError(f"cannot write {folder}: {error.strerror or error}") from error
    return Exported(folder=folder, files=tuple(chosen))
