"""What all commands share: the options `--json` and `--quiet`, exit codes, and how errors end."""

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

Json = Annotated[bool, typer.Option("--json", help="Print one JSON document on stdout.")]
Quiet = Annotated[bool, typer.Option("--quiet", "-q", help="Print nothing but errors.")]


@contextmanager
def errors_reported(report: Report) -> Iterator[None]:
    """Report every error as a message with exit code 2, never as a traceback."""
    try:
        yield
    except MeshgenError as error:
        report.failed(error)
        raise typer.Exit(ERROR) from None
    except OSError:  # only the output is left to fail: see `main`
        raise
    except Exception as error:
        if os.environ.get("MESHGEN_DEBUG"):
            raise
        report.defect(error)
        raise typer.Exit(ERROR) from None
