"""`add-service`, `add-aggregate`, `add-event`, `add-projection`."""

from __future__ import annotations

from collections.abc import Callable
from typing import Annotated

import typer

from meshgen.cli.editing import DryRun, Project, Spec, argument, run
from meshgen.cli.options import Json, Quiet
from meshgen.cli.prompts import Prompts
from meshgen.cli.report.report import Report

app = typer.Typer()

Store = Annotated[
    str | None,
    typer.Option(
        "--store",
        help="The engine of its store. [default: the most common one]",
        show_default=False,
    ),
]
Aggregates = Annotated[
    list[str] | None,
    typer.Option("--aggregate", help="An aggregate of the service.", show_default=False),
]
On = Annotated[
    list[str] | None,
    typer.Option("--on", help="An event it follows: order.OrderPlaced.", show_default=False),
]
Emits = Annotated[list[str] | None, typer.Option("--emits", help="An event.", show_default=False)]
Fields = Annotated[
    list[str] | None, typer.Option("--field", help="A field: name:type.", show_default=False)
]
Sets = Annotated[
    list[str] | None,
    typer.Option(
        "--sets", help="A field of the state that it sets: status=cancelled.", show_default=False
    ),
]
Roles = Annotated[
    list[str] | None,
    typer.Option(
        "--role",
        help="A role that may send its commands. [default: as for others]",
        show_default=False,
    ),
]


Name = Annotated[str | None, argument("Its name.")]

EVENTS = "Events it follows, like order.OrderPlaced (several with commas, none with Enter)"


@app.command("add-service")
def add_service(
    name: Name = None,
    store: Store = None,
    aggregate: Aggregates = None,
    on: On = None,
    emits: Emits = None,
    field: Fields = None,
    role: Roles = None,
    spec: Spec = None,
    project: Project = None,
    dry_run: DryRun = False,
    json: Json = False,
    quiet: Quiet = False,
) -> None:
    """Add a service to the spec, with aggregates that work at once."""

    def edit(prompts: Prompts) -> Callable[[str], str]:
        from meshgen.cli.arguments import fields_of
        from meshgen.refactor.scaffold.add import add_service

        named = prompts.text(name, "NAME", "Name of the service, like `shipping`")
        engine = prompts.optional(store, "Store (Enter for the usual one)")
        owned = prompts.several(aggregate or [], "Aggregates, like Shipment (Enter for one)")
        follows = prompts.several(on or [], EVENTS)
        events = prompts.several(emits or [], "Events it emits, like ParcelDispatched")
        fields = fields_of(field or [])
        return lambda text: add_service(
            text,
            named,
            store=engine,
            aggregates=owned,
            on=follows,
            emits=events,
            fields=fields,
            roles=role or (),
        )

    run("add-service", edit, spec, project, dry_run, Report(json=json, quiet=quiet))


@app.command("add-aggregate")
def add_aggregate(
    service: Annotated[str | None, argument("The service.")] = None,
    name: Name = None,
    on: On = None,
    emits: Emits = None,
    field: Fields = None,
    role: Roles = None,
    spec: Spec = None,
    project: Project = None,
    dry_run: DryRun = False,
    json: Json = False,
    quiet: Quiet = False,
) -> None:
    """Add an aggregate to a service, with events and commands."""

    def edit(prompts: Prompts) -> Callable[[str], str]:
        from meshgen.cli.arguments import fields_of
        from meshgen.refactor.scaffold.add import add_aggregate

        unit = prompts.text(service, "SERVICE", "Name of the service, like `shipping`")
        named = prompts.text(name, "NAME", "Name of the aggregate, like `Shipment`")
        follows = prompts.several(on or [], EVENTS)
        events = prompts.several(emits or [], "Events it emits, like ParcelDispatched")
        fields = fields_of(field or [])
        return lambda text: add_aggregate(
            text, unit, named, on=follows, emits=events, fields=fields, roles=role or ()
        )

    run("add-aggregate", edit, spec, project, dry_run, Report(json=json, quiet=quiet))


@app.command("add-event")
def add_event(
    aggregate: Annotated[str | None, argument("The aggregate: order.Order.")] = None,
    name: Name = None,
    field: Fields = None,
    sets: Sets = None,
    command: Annotated[
        str | None, typer.Option("--command", help="The command's name.", show_default=False)
    ] = None,
    on: On = None,
    role: Roles = None,
    spec: Spec = None,
    project: Project = None,
    dry_run: DryRun = False,
    json: Json = False,
    quiet: Quiet = False,
) -> None:
    """Add an event to an aggregate, and the command that emits it."""

    def edit(prompts: Prompts) -> Callable[[str], str]:
        from meshgen.cli.arguments import fields_of, sets_of
        from meshgen.refactor.scaffold.add import add_event

        where = prompts.text(aggregate, "AGGREGATE", "The aggregate, like `order.Order`")
        named = prompts.text(name, "NAME", "Name of the event, like `OrderReturned`")
        fields = fields_of(prompts.several(field or [], "Fields, like reason:string"))
        follows = prompts.several(on or [], EVENTS)
        values = sets_of(sets or [])
        return lambda text: add_event(
            text,
            where,
            named,
            fields=fields,
            sets=values,
            command=command,
            on=follows,
            roles=role or (),
        )

    run("add-event", edit, spec, project, dry_run, Report(json=json, quiet=quiet))


@app.command("add-projection")
def add_projection(
    name: Name = None,
    on: On = None,
    store: Store = None,
    by: Annotated[
        str | None,
        typer.Option("--by", help="The field by which rows are found.", show_default=False),
    ] = None,
    spec: Spec = None,
    project: Project = None,
    dry_run: DryRun = False,
    json: Json = False,
    quiet: Quiet = False,
) -> None:
    """Add a projection of events, with the queries that read it."""

    def edit(prompts: Prompts) -> Callable[[str], str]:
        from meshgen.refactor.scaffold.add import add_projection

        named = prompts.text(name, "NAME", "Name of the projection, like `order_history`")
        events = prompts.several(on or [], "Events that feed it, like order.OrderPlaced", "--on")
        engine = prompts.optional(store, "Store (Enter for the usual one)")
        field = prompts.optional(by, "Field that rows are found by (Enter for the usual one)")
        return lambda text: add_projection(text, named, on=events, store=engine, by=field)

    run("add-projection", edit, spec, project, dry_run, Report(json=json, quiet=quiet))
