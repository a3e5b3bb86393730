"""`python -m meshgen.render.worker FOLDER`: renders templates with Copier and types messages.

A process of its own, since Copier and datamodel-code-generator take most of a second to import:
that is done while the spec is checked and resolved. It waits for a line on its standard input, then
renders FOLDER/jobs.json into FOLDER/files and turns FOLDER/schemas into FOLDER/models, with the
field names of FOLDER/aliases.json.
"""

from __future__ import annotations

import json
import sys
import warnings
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

HEADER = "# header"
JOBS, FILES, FAILURE = "jobs.json", "files", "failure.json"
SCHEMAS, MODELS, ALIASES = "schemas", "models", "aliases.json"
FAILED = 3
"""The exit code if a template fails; FOLDER/failure.json says which, and how."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Job:
    """A template (a folder with a copier.yml), what it is rendered into, and its answers.

    With `only` nothing but the files with these paths is rendered. A unit's folder is its own: a
    job that is `alone` fails if another has written there.
    """

    template: str
    folder: str
    answers: Mapping[str, Any]
    only: tuple[str, ...] = ()
    alone: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Failure:
    """A template that cannot be rendered."""

    template: str
    message: str


def render_templates(folder: Path) -> Failure | None:
    """Render the jobs in `folder`, in their order; stop at the first that fails."""
    jobs = [Job(**job) for job in json.loads((folder / JOBS).read_bytes())]
    (folder / FILES).mkdir()
    failures = (render_job(job, folder / FILES) for job in jobs)
    return next((failure for failure in failures if failure), None)


def render_job(job: Job, root: Path) -> Failure | None:
    """Render one job below `root`. What a template does wrong is a failure, not an error."""
    from copier import Settings, run_copy

    target = root / job.folder
    if job.alone and target.exists():
        return Failure(template=job.template, message=f"another template writes to {job.folder}")
    try:
        # No settings of the user's have a say; what is trusted is only what the job names.
        run_copy(
            job.template,
            target,
            data=dict(job.answers),
            exclude=["*", *(f"!/{path}" for path in job.only)] if job.only else (),
            settings=Settings(trust=[job.template]),
            defaults=True,
            overwrite=True,
            quiet=True,
            skip_tasks=True,
        )
    except Exception as error:
        return Failure(template=job.template, message=f"{type(error).__name__}: {error}")
    return None


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


def main() -> None:
    """Import, wait until there is something to do, do it; without a line there is nothing."""
    import copier  # noqa: F401
    import datamodel_code_generator.parser.jsonschema  # noqa: F401 - what `generate` imports

    folder = Path(sys.argv[1])
    if not sys.stdin.readline():
        return
    if failure := render_templates(folder):
        (folder / FAILURE).write_text(json.dumps(asdict(failure)), encoding="utf-8")
        sys.exit(FAILED)
    if (folder / SCHEMAS).exists():
        type_messages(folder)


if __name__ == "__main__":
    main()
