"""`graph`."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Literal

import typer

from meshgen.cli.options import Json, Quiet, errors_reported
from meshgen.cli.report.report import Report

app = typer.Typer()


@app.command("graph")
def graph(
    spec: Annotated[Path, typer.Argument(help="The spec file.", show_default=False)],
    view: Annotated[
        Literal["context", "events", "process"],
        typer.Option(
            "--view",
            help="The context map, the event flow, or the steps of one saga.",
        ),
    ] = "context",
    of: Annotated[
        str | None,
        typer.Option("--of", help="The saga to show with `--view process`.", show_default=False),
    ] = None,
    format_: Annotated[
        Literal["mermaid", "svg"], typer.Option("--format", help="The output format.")
    ] = "mermaid",
    output: Annotated[
        Path | None,
        typer.Option("--output", help="Write to this file instead of stdout.", show_default=False),
    ] = None,
    json: Json = False,
    quiet: Quiet = False,
) -> None:
    """Draw a spec's context map, its event flow, or one of its sagas."""
    report = Report(json=json, quiet=quiet)
    with errors_reported(report):
        from meshgen.operations.graph import Format, View, picture, write
        from meshgen.spec.check import read_spec

        text = picture(read_spec(spec), View(view), of, Format(format_))
        if output is not None:
            write(output, text)
        report.drawn(view, text, output)
