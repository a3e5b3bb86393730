"""The command line. What a command needs is imported inside it, so that `--help` is quick.

Exit codes: 0 done, 1 there are differences or conflicts, 2 an error of the user's or the spec's.
"""

from __future__ import annotations

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
    """Check a spec: every finding with its place, its line and a hint."""
    from meshgen.spec.check import read_spec

    report = Report(json=json, quiet=quiet)
    with errors_reported(report):
        report.checked(spec, read_spec(spec))


@app.command()
def new(
    path: Annotated[str, typer.Argument(help="The project's folder: a new one, or an empty one.")],
    spec: Annotated[Path, typer.Option("--spec", help="The spec file.", show_default=False)],
    own: Annotated[
        Path | None, typer.Option("--templates", help="A folder of templates of your own.")
    ] = None,
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Only say what would be written.")
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


def main() -> None:
    """The entry point of the `meshgen` script."""
    sys.stdout = sys.stdout or open(os.devnull, "w")  # noqa: SIM115 - closed with `>&-`
    sys.stderr = sys.stderr or open(os.devnull, "w")  # noqa: SIM115
    for stream in (sys.stdout, sys.stderr):  # what the terminal cannot show is no reason to fail
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="backslashreplace")
    try:
        app(prog_name="meshgen")
    except OSError as error:  # a full disk; a closed pipe is Typer's business
        with suppress(OSError):
            sys.stderr.write(f"error: the output cannot be written: {error.strerror}\n")
        os.dup2(os.open(os.devnull, os.O_WRONLY), 1)  # what is buffered would fail once more
        sys.exit(ERROR)
