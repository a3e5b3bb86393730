"""The commands that keep a project up to date: `update`, `diff`, `resolve`, `adopt`, `doctor`."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Annotated

import typer

from meshgen.cli.options import DIFFERENT, AcceptDataLoss, Json, Quiet, errors_reported
from meshgen.cli.report.report import Report
from meshgen.errors import MeshgenError

app = typer.Typer()

Project = Annotated[
    Path | None,
    typer.Option(
        "--project",
        help="The project folder. [default: the current folder or a parent]",
        show_default=False,
    ),
]
NewSpec = Annotated[
    Path | None,
    typer.Option("--spec", help="A new spec, merged with your edits to the current one."),
]

_UPDATE_EXAMPLES = """
Examples:

  meshgen update                         after editing the spec or upgrading meshgen

  meshgen update --spec new.yaml         use a spec from another place

  meshgen update --project ~/shop -q     in a script: exit code 1 means conflicts
"""


@app.command(epilog=_UPDATE_EXAMPLES)
def update(
    spec: NewSpec = None,
    project: Project = None,
    accept_data_loss: AcceptDataLoss = False,
    json: Json = False,
    quiet: Quiet = False,
) -> None:
    """Update a project to its spec and this version of meshgen, keeping your edits.

    Where your lines and meshgen's overlap, the file gets conflict markers and the exit code is 1.
    A spec change that is incompatible with stored data is refused, with exit code 2.
    """
    report = Report(json=json, quiet=quiet)
    with errors_reported(report):
        from meshgen.operations.update import update as run
        from meshgen.project.git_index import mark_unmerged
        from meshgen.project.locate import find_project, spec_from

        root = find_project(project)
        text = spec_from(root, spec) if spec else None
        with report.progress() as progress:
            done = run(root, spec=text, accept_data_loss=accept_data_loss, progress=progress)
        mark_unmerged(root, done.undecided)
        report.updated(done)
    if done.undecided:
        raise typer.Exit(DIFFERENT)


_DIFF_EXAMPLES = """
Examples:

  meshgen diff                           what `meshgen update` would change, line by line

  meshgen diff --stat                    files only

  meshgen diff --exit-code --quiet       in CI: fail if the project is not up to date
"""


@app.command(epilog=_DIFF_EXAMPLES)
def diff(
    spec: NewSpec = None,
    project: Project = None,
    stat: Annotated[bool, typer.Option("--stat", help="List changed files only.")] = False,
    exit_code: Annotated[
        bool,
        typer.Option(
            "--exit-code",
            help="Accepted for compatibility with git: differences always give exit code 1.",
        ),
    ] = False,
    json: Json = False,
    quiet: Quiet = False,
) -> None:
    """Show what `update` would change, and write nothing. Exit code 1 if anything would change."""
    report = Report(json=json, quiet=quiet)
    with errors_reported(report):
        from meshgen.operations.update import update as run
        from meshgen.project.locate import find_project, spec_from

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

  meshgen resolve --both services/order/tests/test_order.py     keep the tests of both sides
"""


@app.command(epilog=_RESOLVE_EXAMPLES)
def resolve(
    files: Annotated[list[Path] | None, typer.Argument(help="Files with conflicts.")] = None,
    ours: Annotated[bool, typer.Option("--ours", help="Take your lines.")] = False,
    theirs: Annotated[bool, typer.Option("--theirs", help="Take meshgen's lines.")] = False,
    both: Annotated[bool, typer.Option("--both", help="Keep your lines, then meshgen's.")] = False,
    base: Annotated[
        bool, typer.Option("--base", help="Take the lines as they were before both changes.")
    ] = False,
    all_: Annotated[bool, typer.Option("--all", help="All files with conflicts.")] = False,
    project: Project = None,
    json: Json = False,
    quiet: Quiet = False,
) -> None:
    """Resolve the conflicts of an update by taking one side."""
    report = Report(json=json, quiet=quiet)
    with errors_reported(report):
        from meshgen.merge import Side
        from meshgen.operations.resolve import resolve_conflicts
        from meshgen.project.locate import find_project

        sides = {Side.OURS: ours, Side.THEIRS: theirs, Side.BOTH: both, Side.BASE: base}
        chosen = [side for side, wanted in sides.items() if wanted]
        if len(chosen) != 1:
            raise MeshgenError("pass exactly one of --ours, --theirs, --both and --base")
        if bool(files) == all_:
            raise MeshgenError("pass either files or --all")
        root = find_project(project)
        report.resolved(resolve_conflicts(root, files or [], chosen[0]))


_ADOPT_EXAMPLES = """
Examples:

  meshgen adopt                          restore a lost base in .meshgen/

  meshgen adopt --spec shop.yaml         adopt a hand-written project of the same layout
"""


@app.command(epilog=_ADOPT_EXAMPLES)
def adopt(
    spec: Annotated[
        Path | None,
        typer.Option(
            "--spec", help="The spec file. [default: the project's spec]", show_default=False
        ),
    ] = None,
    project: Project = None,
    replace: Annotated[bool, typer.Option("--replace", help="Replace an existing base.")] = False,
    add_missing: Annotated[
        bool,
        typer.Option("--add-missing", help="Let the next update add missing files."),
    ] = False,
    json: Json = False,
    quiet: Quiet = False,
) -> None:
    """Create the base of a project that has none, so that it can be updated.

    Differences from the generated files are treated as your edits. Only .meshgen/ is written.
    """
    report = Report(json=json, quiet=quiet)
    with errors_reported(report):
        from meshgen.operations.adopt import adopt as run
        from meshgen.project.locate import find_project

        root = find_project(project)
        with report.progress() as progress:
            done = run(root, spec, replace_base=replace, add_missing=add_missing, progress=progress)
        report.adopted(done)


_DOCTOR_EXAMPLES = """
Examples:

  meshgen doctor                                      what is missing for `make up ENGINES=real`

  KAFKA_URL=kafka://127.0.0.1:9092 meshgen doctor     is Kafka there?
"""


@app.command(epilog=_DOCTOR_EXAMPLES)
def doctor(project: Project = None, json: Json = False, quiet: Quiet = False) -> None:
    """Tell what a project needs to run on the engines that its spec names.

    It imports the adapters with the project's own Python, and connects to the servers. The exit
    code is 1 if something is missing for `make up ENGINES=real`.
    """
    report = Report(json=json, quiet=quiet)
    with errors_reported(report):
        from meshgen.operations.doctor import diagnose
        from meshgen.project.locate import find_project

        found = diagnose(find_project(project), os.environ)
        report.diagnosed(found)
    if not found.is_ready:
        raise typer.Exit(DIFFERENT)
