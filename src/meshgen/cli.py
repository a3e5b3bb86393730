"""The command line. What a command needs is imported inside it, so that `--help` is quick.

Exit codes: 0 done, 1 there are differences or conflicts, 2 an error of the user's or the spec's.
"""

from __future__ import annotations

import io
import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Annotated

import typer

from meshgen import __version__
from meshgen.errors import MeshgenError
from meshgen.report import Report

DIFFERENT = 1
ERROR = 2

app = typer.Typer(
    name="meshgen",
    help="One YAML domain spec becomes a complete, running, event-driven system.",
    no_args_is_help=True,
    rich_markup_mode=None,
    pretty_exceptions_enable=False,
)

Json = Annotated[bool, typer.Option("--json", help="Print one JSON document on stdout.")]
Quiet = Annotated[bool, typer.Option("--quiet", "-q", help="Print nothing but errors.")]


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
    from meshgen.spec import read_spec

    report = Report(json=json, quiet=quiet)
    with _errors_reported(report):
        report.checked(spec, read_spec(spec))


@app.command()
def new(
    name: Annotated[str, typer.Argument(help="The new project's folder.", show_default=False)],
    spec: Annotated[Path, typer.Option("--spec", help="The spec file.", show_default=False)],
    output: Annotated[Path, typer.Option("--output", help="Where the folder is made.")] = Path(),
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Only say what would be written.")
    ] = False,
    json: Json = False,
    quiet: Quiet = False,
) -> None:
    """Generate a project from a spec, in a new folder."""
    report = Report(json=json, quiet=quiet)
    with _errors_reported(report):
        from meshgen.new import create

        with report.progress() as progress:
            created = create(name, spec, output, dry_run=dry_run, progress=progress)
        report.created(created)


Project = Annotated[
    Path | None,
    typer.Option("--project", help="The project's folder; by default here or above."),
]
NewSpec = Annotated[
    Path | None,
    typer.Option("--spec", help="A new spec for the project, merged with edits of its own."),
]

_UPDATE_EXAMPLES = """
Examples:

  meshgen update                         the spec in the project was edited, or meshgen is newer

  meshgen update --spec new.yaml         take over a spec from elsewhere

  meshgen update --project ~/shop -q     from a script: exit code 1 says there are conflicts
"""


@app.command(epilog=_UPDATE_EXAMPLES)
def update(
    spec: NewSpec = None, project: Project = None, json: Json = False, quiet: Quiet = False
) -> None:
    """Bring a project up to date with its spec and with this meshgen; your edits stay.

    Where your lines and meshgen's overlap, the file gets conflict markers and the exit code is 1.
    """
    report = Report(json=json, quiet=quiet)
    with _errors_reported(report):
        from meshgen.git import mark_unmerged
        from meshgen.project import find_project, spec_from
        from meshgen.update import update as run

        root = find_project(project)
        text = spec_from(root, spec) if spec else None
        with report.progress() as progress:
            done = run(root, spec=text, progress=progress)
        mark_unmerged(root, done.undecided)
        report.updated(done)
    if done.undecided:
        raise typer.Exit(DIFFERENT)


_DIFF_EXAMPLES = """
Examples:

  meshgen diff                           what `meshgen update` would change, line by line

  meshgen diff --stat                    the files only

  meshgen diff --exit-code --quiet       in CI: fail if somebody forgot to update
"""


@app.command(epilog=_DIFF_EXAMPLES)
def diff(
    spec: NewSpec = None,
    project: Project = None,
    stat: Annotated[bool, typer.Option("--stat", help="The files only, not the lines.")] = False,
    exit_code: Annotated[
        bool,
        typer.Option("--exit-code", help="As for git; here a difference is always exit code 1."),
    ] = False,
    json: Json = False,
    quiet: Quiet = False,
) -> None:
    """Show what `update` would change, and write nothing. Exit code 1 if there is something."""
    report = Report(json=json, quiet=quiet)
    with _errors_reported(report):
        from meshgen.project import find_project, spec_from
        from meshgen.update import update as run

        root = find_project(project)
        text = spec_from(root, spec) if spec else None
        with report.progress() as progress:
            found = run(root, spec=text, write=False, progress=progress)
        report.differs(found, stat=stat)
    if not found.nothing:
        raise typer.Exit(DIFFERENT)


_RESOLVE_EXAMPLES = """
Examples:

  meshgen resolve --ours services/order/src/shop_order/service.py

  meshgen resolve --theirs --all
"""


@app.command(epilog=_RESOLVE_EXAMPLES)
def resolve(
    files: Annotated[list[Path] | None, typer.Argument(help="Files with conflicts.")] = None,
    ours: Annotated[bool, typer.Option("--ours", help="Take your lines.")] = False,
    theirs: Annotated[bool, typer.Option("--theirs", help="Take meshgen's lines.")] = False,
    base: Annotated[bool, typer.Option("--base", help="Take neither: the lines before.")] = False,
    all_: Annotated[bool, typer.Option("--all", help="All files with conflicts.")] = False,
    project: Project = None,
    json: Json = False,
    quiet: Quiet = False,
) -> None:
    """Take one side of the conflicts that an update left in files."""
    report = Report(json=json, quiet=quiet)
    with _errors_reported(report):
        from meshgen.merge import Side
        from meshgen.project import find_project
        from meshgen.resolving import resolve_conflicts

        sides = {Side.OURS: ours, Side.THEIRS: theirs, Side.BASE: base}
        chosen = [side for side, wanted in sides.items() if wanted]
        if len(chosen) != 1:
            raise MeshgenError("take one of --ours, --theirs and --base")
        if bool(files) == all_:
            raise MeshgenError("name the files, or take --all")
        root = find_project(project)
        report.resolved(resolve_conflicts(root, files or [], chosen[0]))


_ADOPT_EXAMPLES = """
Examples:

  meshgen adopt                          the base in .meshgen/ was lost

  meshgen adopt --spec shop.yaml         a project written by hand to the same shape
"""


@app.command(epilog=_ADOPT_EXAMPLES)
def adopt(
    spec: Annotated[
        Path | None, typer.Option("--spec", help="The spec; by default the one in the project.")
    ] = None,
    project: Project = None,
    replace: Annotated[
        bool, typer.Option("--replace", help="Make a new base in place of one that is there.")
    ] = False,
    add_missing: Annotated[
        bool,
        typer.Option("--add-missing", help="Have the next update add the files that are missing."),
    ] = False,
    json: Json = False,
    quiet: Quiet = False,
) -> None:
    """Give a project without a base one, so that it can be updated. Only .meshgen/ is written.

    What differs from the generated files counts as yours from then on.
    """
    report = Report(json=json, quiet=quiet)
    with _errors_reported(report):
        from meshgen.adopt import adopt as run
        from meshgen.project import find_project

        root = find_project(project)
        with report.progress() as progress:
            done = run(root, spec, replace_base=replace, add_missing=add_missing, progress=progress)
        report.adopted(done)


@contextmanager
def _errors_reported(report: Report) -> Iterator[None]:
    """Turn every error into a message and exit code 2, never into a traceback."""
    try:
        yield
    except MeshgenError as error:
        report.failed(error)
        raise typer.Exit(ERROR) from None
    except OSError:  # of what is left, only the output: see main
        raise
    except Exception as error:
        if os.environ.get("MESHGEN_DEBUG"):
            raise
        report.defect(error)
        raise typer.Exit(ERROR) from None


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
