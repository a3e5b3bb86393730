"""`remove`, `rename`."""

from __future__ import annotations

from collections.abc import Callable
from typing import Annotated

import typer

from meshgen.cli.editing import DryRun, Project, Spec, argument, run
from meshgen.cli.options import AcceptDataLoss, Json, Quiet
from meshgen.cli.prompts import Prompts
from meshgen.cli.report.report import Report

app = typer.Typer()


@app.command("remove")
def remove(
    path: Annotated[
        list[str] | None,
        argument("What to remove, such as shipping, order.OrderShipped or order.policies.1."),
    ] = None,
    spec: Spec = None,
    project: Project = None,
    dry_run: DryRun = False,
    accept_data_loss: AcceptDataLoss = False,
    json: Json = False,
    quiet: Quiet = False,
) -> None:
    """Remove elements from the spec. Refused while anything refers to them."""

    def edit(prompts: Prompts) -> Callable[[str], str]:
        from meshgen.refactor.remove import remove

        names = (
            list(path) if path else [prompts.text(None, "PATH", "What to remove, like `shipping`")]
        )
        return lambda text: remove(text, *names)

    report = Report(json=json, quiet=quiet)
    run("remove", edit, spec, project, dry_run, report, accept_data_loss)


@app.command("rename")
def rename(
    old: Annotated[
        str | None,
        argument(
            "What to rename: order, order.OrderPlaced, order.OrderPlaced.total, "
            "OrderLine.quantity, OrderStatus.shipped."
        ),
    ] = None,
    new: Annotated[str | None, argument("The new name.")] = None,
    spec: Spec = None,
    project: Project = None,
    dry_run: DryRun = False,
    accept_data_loss: AcceptDataLoss = False,
    json: Json = False,
    quiet: Quiet = False,
) -> None:
    """Rename an element and all references to it. Its files move and keep your edits."""

    def edit(prompts: Prompts) -> Callable[[str], str]:
        from meshgen.project.locate import applied_text, find_spec
        from meshgen.refactor.rename import rename

        before = prompts.text(old, "OLD", "What to rename, such as `order.OrderPlaced`")
        after = prompts.text(new, "NEW", "The new name")
        prompts.require_complete()
        applied = applied_text(find_spec(spec, project))
        return lambda text: rename(text, before, after, applied=applied)

    report = Report(json=json, quiet=quiet)
    run("rename", edit, spec, project, dry_run, report, accept_data_loss)
