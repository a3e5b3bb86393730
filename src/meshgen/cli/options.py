"""Shared by all commands: common options, exit codes and error handling."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Annotated

import typer

from meshgen.cli.report.report import Report
from meshgen.errors import MeshgenError

DIFFERENT = 1
ERROR = 2

Json = Annotated[bool, typer.Option("--json", help="Print a JSON document to stdout.")]
AcceptDataLoss = Annotated[
    bool,
    typer.Option("--accept-data-loss", help="Apply changes incompatible with stored data."),
]
Quiet = Annotated[bool, typer.Option("--quiet", "-q", help="Print only errors.")]


@contextmanager
def errors_reported(report: Report) -> Iterator[None]:
    """Report every error as a message with exit code 2, never as a traceback."""
    try:
        yield
    except MeshgenError as error:
        report.failed(error)
        raise typer.Exit(ERROR) from None
    except OSError:  # writing the output failed: see `main`
        raise
    except Exception as error:
        if os.environ.get("MESHGEN_DEBUG"):
            raise
        report.bug(error)
        raise typer.Exit(ERROR) from None
