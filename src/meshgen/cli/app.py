"""The command line. Commands import what they need when they run, so that `--help` is fast.

Exit codes: 0 success, 1 differences or conflicts, 2 an error in the arguments or the spec.
"""

from __future__ import annotations

import gc
import io
import os
import sys
from contextlib import suppress
from pathlib import Path
from typing import Annotated

import typer

from meshgen import __version__
from meshgen.cli.commands import add, change, graph, project, templates
from meshgen.cli.options import ERROR, Json, Quiet, errors_reported
from meshgen.cli.report.report import Report
from meshgen.errors import MeshgenError

app = typer.Typer(
    name="meshgen",
    help="One YAML domain spec becomes a complete, running, event-driven system.",
    no_args_is_help=True,
    rich_markup_mode=None,
    pretty_exceptions_enable=False,
)


def _print_version(wanted: bool) -> None:
    if wanted:
        typer.echo(f"meshgen {__version__}")
        raise typer.Exit


@app.callback()
def meshgen(
    version: Annotated[
        bool,
        typer.Option(
            "--version", callback=_print_version, is_eager=True, help="Print the version."
        ),
    ] = False,
) -> None:
    """One YAML domain spec becomes a complete, running, event-driven system."""


@app.command()
def check(
    spec: Annotated[Path, typer.Argument(help="The spec file.", show_default=False)],
    json: Json = False,
    quiet: Quiet = False,
) -> None:
    """Check a spec and report every error with its position, source line and a hint."""
    from meshgen.spec.check import read_spec

    report = Report(json=json, quiet=quiet)
    with errors_reported(report):
        report.checked(spec, read_spec(spec))


@app.command()
def new(
    path: Annotated[str, typer.Argument(help="The project folder, new or empty.")],
    spec: Annotated[Path, typer.Option("--spec", help="The spec file.", show_default=False)],
    own: Annotated[
        Path | None, typer.Option("--templates", help="A folder with your own templates.")
    ] = None,
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Only list what would be written.")
    ] = False,
    json: Json = False,
    quiet: Quiet = False,
) -> None:
    """Generate a project from a spec: `meshgen new path/to/shop --spec shop.yaml`."""
    report = Report(json=json, quiet=quiet)
    with errors_reported(report):
        from meshgen.operations.new import create

        if not path:
            raise MeshgenError("the path of the new project is empty", "`.` is this folder")
        with report.progress() as progress:
            created = create(Path(path), spec, templates=own, dry_run=dry_run, progress=progress)
        report.created(created)


app.add_typer(graph.app)
app.add_typer(project.app)
app.add_typer(add.app)
app.add_typer(change.app)
app.add_typer(templates.app, name="templates")


_OBJECTS = 100_000


def main() -> None:
    """Run the `meshgen` script."""
    # What a command makes is needed until its end: looking for garbage takes longer than all else.
    gc.set_threshold(_OBJECTS, 50, 50)
    sys.stdout = sys.stdout or open(os.devnull, "w")  # noqa: SIM115 - closed with `>&-`
    sys.stderr = sys.stderr or open(os.devnull, "w")  # noqa: SIM115
    for stream in (sys.stdout, sys.stderr):  # escape what the terminal cannot show
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="backslashreplace")
    try:
        app(prog_name="meshgen")
    except OSError as error:  # such as a full disk; Typer handles a closed pipe
        with suppress(OSError):
            sys.stderr.write(f"error: the output cannot be written: {error.strerror}\n")
        os.dup2(os.open(os.devnull, os.O_WRONLY), 1)  # flushing at exit would fail again
        sys.exit(ERROR)
