"""`python -m meshgen.render.worker FOLDER`: renders templates with Copier and types messages.

It is a separate process because importing Copier takes half a second, which it does while the spec
is checked and resolved. It waits for a line on its standard input, the fingerprint of meshgen, then
renders FOLDER/jobs.json into FOLDER/files and turns FOLDER/schemas into FOLDER/models, with the
field names of FOLDER/aliases.json.
"""

from __future__ import annotations

import json
import sys
import warnings
from collections.abc import Iterable, Mapping
from contextlib import suppress
from dataclasses import asdict, dataclass
from pathlib import Path
from traceback import extract_tb
from typing import Any

from jinja2 import TemplateSyntaxError

from meshgen.render.compiled import CACHE, cache_folder

HEADER = "# header"
JOBS, FAILURE = "jobs.json", "failure.json"
FILES, OVERLAYS = "files", "overlays"
SCHEMAS, MODELS, ALIASES = "schemas", "models", "aliases.json"
_MEMORY = 4 * 2**30
_LARGEST = 64 * 2**20
FAILED = 3
"""The exit code if a template fails; FOLDER/failure.json says which, and how."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Job:
    """A template (a folder with a copier.yml), what it is rendered into, and its answers.

    With `only` nothing but the files with these paths is rendered. In the folders that are
    `reserved` for other templates a job adds nothing.
    """

    template: str
    folder: str
    answers: Mapping[str, Any]
    only: tuple[str, ...] = ()
    reserved: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Failure:
    """A template that cannot be rendered: its folder, the file in it and the line, if known."""

    template: str
    message: str
    path: str = ""
    line: int = 0


def render_templates(folder: Path) -> Failure | None:
    """Render the jobs in `folder`, in their order; stop at the first that fails."""
    jobs = [Job(**job) for job in json.loads((folder / JOBS).read_bytes())]
    (folder / FILES).mkdir()
    failures = (render_job(job, folder / FILES) for job in jobs)
    return next((failure for failure in failures if failure), None)


def render_job(job: Job, root: Path) -> Failure | None:
    """Render one job below `root`. What a template does wrong is a failure, not an error."""
    from copier import Settings, run_copy

    before = _files(root, job.reserved)
    try:
        # No settings of the user's have a say; what is trusted is only what the job names.
        run_copy(
            job.template,
            root / job.folder,
            data=dict(job.answers),
            exclude=["*", *(f"!/{path}" for path in job.only)] if job.only else (),
            settings=Settings(trust=[job.template]),
            defaults=True,
            overwrite=True,
            quiet=True,
            skip_tasks=True,
        )
    except Exception as error:
        path, line = _place(error, Path(job.template))
        message = f"{type(error).__name__}: {error}"
        return Failure(template=job.template, message=message, path=path, line=line)
    added = sorted(_files(root, job.reserved) - before)
    if added:
        message = f"`{added[0]}` is in a folder of another template"
        return Failure(template=job.template, message=message)
    return None


def _files(root: Path, folders: Iterable[str]) -> set[str]:
    """The files that are in some folders below `root`."""
    found = (path for folder in folders for path in (root / folder).rglob("*"))
    return {path.relative_to(root).as_posix() for path in found if not path.is_dir()}


def _place(error: BaseException, template: Path) -> tuple[str, int]:
    """Where in a template an error arose; Jinja puts the template's lines into tracebacks."""
    frames = [(frame.filename, frame.lineno) for frame in extract_tb(error.__traceback__)]
    if isinstance(error, TemplateSyntaxError) and error.filename:
        frames.append((error.filename, error.lineno))
    for name, line in reversed(frames):
        if Path(name).is_relative_to(template.resolve()):
            return Path(name).relative_to(template.resolve()).as_posix(), line or 0
    return "", 0


def type_messages(folder: Path) -> None:
    """Write a module for each schema in `folder`."""
    from datamodel_code_generator import InputFileType, PythonVersion, generate
    from datamodel_code_generator.enums import DataModelType, DefaultValueType

    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        generate(
            folder / SCHEMAS,
            output=folder / MODELS,
            aliases=json.loads((folder / ALIASES).read_text(encoding="utf-8")),
            input_file_type=InputFileType.JsonSchema,
            output_model_type=DataModelType.PydanticV2BaseModel,
            target_python_version=PythonVersion.PY_311,
            formatters=[],
            custom_file_header=HEADER,
            disable_timestamp=True,
            disable_future_imports=True,
            use_annotated=True,
            field_constraints=True,
            use_union_operator=True,
            use_standard_collections=True,
            use_generic_container_types=True,
            use_schema_description=True,
            use_single_line_docstring=True,
            use_exact_imports=True,
            capitalise_enum_members=True,
            strict_nullable=True,
            skip_root_model=True,
            deserialize_default_values=[DefaultValueType.Decimal, DefaultValueType.Enum],
            allow_remote_refs=False,
        )


def _limit() -> None:
    """Keep templates of the user's own from taking all memory or disk, where the system can."""
    with suppress(ImportError, ValueError, OSError):
        import resource

        resource.setrlimit(resource.RLIMIT_AS, (_MEMORY, _MEMORY))
        resource.setrlimit(resource.RLIMIT_FSIZE, (_LARGEST, _LARGEST))


def main() -> None:
    """Import, wait until there is something to do, do it; without a line there is nothing."""
    import copier  # noqa: F401

    folder = Path(sys.argv[1])
    fingerprint = sys.stdin.readline().strip()
    if not fingerprint:
        return
    CACHE.load(cache_folder(), fingerprint)
    if (folder / OVERLAYS).exists():
        _limit()
    if failure := render_templates(folder):
        (folder / FAILURE).write_text(json.dumps(asdict(failure)), encoding="utf-8")
        sys.exit(FAILED)
    if not (folder / OVERLAYS).exists():  # only what is meshgen's own is kept
        CACHE.save(cache_folder(), fingerprint)
    if (folder / SCHEMAS).exists():
        type_messages(folder)


if __name__ == "__main__":
    main()
