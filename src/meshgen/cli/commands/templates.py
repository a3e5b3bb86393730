"""`templates list`, `templates export`."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from meshgen.cli.options import Json, Quiet, errors_reported
from meshgen.cli.report.report import Report
from meshgen.errors import MeshgenError

app = typer.Typer(help="List and export templates, to override them.", no_args_is_help=True)

Project = Annotated[
    Path | None,
    typer.Option("--project", help="The project folder. [default: the current folder or a parent]"),
]

_EXPORT_EXAMPLES = """
Examples:

  meshgen templates export service                   all of it, into .meshgen/templates/service

  meshgen templates export service --file ports.py   a single file, with copier.yml

  meshgen templates export service --output mine     for `meshgen new --templates mine`
"""


@app.command("list")
def list_(project: Project = None, json: Json = False, quiet: Quiet = False) -> None:
    """List the templates, and the files that a project replaces or adds."""
    report = Report(json=json, quiet=quiet)
    with errors_reported(report):
        from meshgen.operations.templates import list_templates
        from meshgen.output.overlays import OVERLAYS
        from meshgen.project.locate import find_project

        report.templates(list_templates(find_project(project) / OVERLAYS))


@app.command(epilog=_EXPORT_EXAMPLES)
def export(
    template: Annotated[str, typer.Argument(help="Such as `service`.", show_default=False)],
    file: Annotated[
        list[str] | None,
        typer.Option("--file", help="Only files whose path contains this text. Repeatable."),
    ] = None,
    output: Annotated[
        Path | None, typer.Option("--output", help="Write to this folder instead of the project.")
    ] = None,
    project: Project = None,
    json: Json = False,
    quiet: Quiet = False,
) -> None:
    """Copy a template into a project for changes. Keep only the files that you change."""
    report = Report(json=json, quiet=quiet)
    with errors_reported(report):
        from meshgen.filesystem.worktree import Worktree
        from meshgen.operations.templates import export as run
        from meshgen.output.overlays import OVERLAYS
        from meshgen.project.locate import find_project
        from meshgen.project.state import STATE

        root = find_project(project)
        if output is None and not (root / STATE).exists():
            raise MeshgenError(
                f"{root} is not a project of meshgen",
                hint="--project says where it is; --output takes any folder",
            )
        if output is None:
            Worktree(root).has_folder(OVERLAYS)  # refuses symbolic links
        report.exported(run(template, output or root / OVERLAYS, file or ()))
