"""Shared by the commands that edit a spec."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Annotated, TypeAlias

import typer

from meshgen.cli.options import DIFFERENT, errors_reported
from meshgen.cli.prompts import Prompts
from meshgen.cli.report.report import Report

Edit: TypeAlias = Callable[[Prompts], Callable[[str], str]]

Spec = Annotated[
    Path | None,
    typer.Option("--spec", help="The spec file. [default: the project's spec]", show_default=False),
]
Project = Annotated[
    Path | None,
    typer.Option(
        "--project",
        help="The project folder. [default: the current folder or a parent]",
        show_default=False,
    ),
]
DryRun = Annotated[bool, typer.Option("--dry-run", help="Only print the diff of the spec.")]


def argument(help: str) -> typer.models.ArgumentInfo:
    """Declare an argument that is prompted for, or reported as missing, if not given."""
    found: typer.models.ArgumentInfo = typer.Argument(help=help, show_default=False)
    return found


def run(
    command: str,
    edit: Edit,
    spec: Path | None,
    project: Path | None,
    dry_run: bool,
    report: Report,
    accept_data_loss: bool = False,
) -> None:
    """Prompt for what is missing, edit the spec, update the project and report."""
    with errors_reported(report):
        from meshgen.operations.edit import apply
        from meshgen.project.git_index import mark_unmerged
        from meshgen.project.locate import find_spec

        prompts = Prompts(report)
        change = edit(prompts)
        prompts.require_complete()
        applied = apply(
            find_spec(spec, project),
            change,
            write=not dry_run,
            accept_data_loss=accept_data_loss,
        )
        if applied.project and applied.update:
            mark_unmerged(applied.project, applied.update.undecided)
        report.edited(command, applied)
    if applied.update and applied.update.undecided:
        raise typer.Exit(DIFFERENT)
