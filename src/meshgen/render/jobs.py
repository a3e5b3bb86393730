"""What the render process is asked for: meshgen's templates, and the user's own over them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

from meshgen.output.overlays import Overlays
from meshgen.output.parts import CHASSIS, CHASSIS_FOLDER, Part
from meshgen.output.plan import PROJECT, Row, api_path, plan, schema_path
from meshgen.output.templates import CONFIG, content_folder, read_template, template_folder
from meshgen.render.worker import OVERLAYS, Job
from meshgen.system.model import Mesh

_SETTINGS = "pyproject.toml"
_OF_CONTRACTS = ("contracts", "libs/contracts")


def jobs_of(mesh: Mesh, parts: Sequence[Part], overlays: Overlays, folder: Path) -> Iterator[Job]:
    """What is rendered for `parts`: first what goes into the project's root, then the units.

    What is put together for them is put into `folder`: the user's own templates, each with the
    settings of meshgen's, and what there is to render in the chassis.
    """
    own = {name: _staged(name, overlays, folder / OVERLAYS) for name in overlays}
    reserved = (*(unit.folder for unit in mesh.project.units), CHASSIS_FOLDER, "gateway")
    for row, only in _rows(mesh, parts):
        template = row.template
        yield _job(row, _source(template, folder), only)
        if template in own:
            others = reserved + (_OF_CONTRACTS if template == PROJECT else ())
            yield _job(row, own[template], only, () if row.folder else others)


def _rows(mesh: Mesh, parts: Sequence[Part]) -> Iterator[tuple[Row, tuple[str, ...]]]:
    """The rows to render, with the files that are needed of them if those are not all."""
    rows = {(row.template, row.folder): row for part in parts for row in part.rows}
    if rows and not any(part.name == PROJECT for part in parts):
        # The root's pyproject.toml says how code is formatted.
        project, contracts, *_ = plan(mesh)
        yield project, (_SETTINGS,)
        schemas = [schema_path(module.name) for part in parts for module in part.contracts]
        apis = [api_path(part.api.name) for part in parts if part.api]
        if schemas or apis:
            yield contracts, (*schemas, *apis)
    for row in rows.values():
        yield row, ()


def _job(row: Row, template: Path, only: tuple[str, ...], reserved: tuple[str, ...] = ()) -> Job:
    return Job(
        template=str(template),
        folder=row.folder,
        answers=row.answers,
        only=only,
        reserved=reserved,
    )


def _source(name: str, folder: Path) -> Path:
    """The folder of a template. Of the chassis only what is rendered: the rest is copied."""
    if name != CHASSIS:
        return template_folder(name)
    files = read_template(name).items()
    rendered = {path: text for path, text in files if path == CONFIG or path.endswith(".jinja")}
    return _written(folder / CHASSIS, rendered)


def _staged(name: str, overlays: Overlays, folder: Path) -> Path:
    """Write a template of the user's own into `folder`: its texts, and all else as meshgen's."""
    root, inside = folder / name, content_folder(name).relative_to(template_folder(name))
    root.mkdir(parents=True)
    (root / inside).mkdir(exist_ok=True)
    apart = f"{inside.as_posix()}/"
    files = {p: c for p, c in read_template(name).items() if not p.startswith(apart)}
    files = files if name != CHASSIS else {CONFIG: files[CONFIG]}
    return _written(root, {**files, **overlays[name].content})


def _written(root: Path, files: Mapping[str, bytes]) -> Path:
    """Return `root` with `files` written into it."""
    for path, content in files.items():
        (root / path).parent.mkdir(parents=True, exist_ok=True)
        (root / path).write_bytes(content)
    return root
