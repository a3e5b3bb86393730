"""`add-service`, `add-aggregate`, `add-event`, `add-projection`."""

from __future__ import annotations

from collections.abc import Callable
from typing import Annotated

import typer

from meshgen.cli.editing import DryRun, Project, Spec, argument, run
from meshgen.cli.options import Asking, Json, Quiet
from meshgen.cli.report.text import Report

app = typer.Typer()

Store = Annotated[
    str | None,
    typer.Option("--store", help="Its engine. [default: what most have]", show_default=False),
]
Aggregates = Annotated[
    list[str] | None, typer.Option("--aggregate", help="An aggregate in it.", show_default=False)
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
    typer.Option("--sets", help="What it sets: status=cancelled.", show_default=False),
]
Roles = Annotated[
    list[str] | None,
    typer.Option("--role", help="Who may command it. [default: as others]", show_default=False),
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
    """Add a service to the spec, with an aggregate that works at once."""

    def edit(asking: Asking) -> Callable[[str], str]:
        from meshgen.cli.arguments import fields_of
        from meshgen.refactor.scaffold.add import add_service

        named = asking.text(name, "NAME", "Name of the service, like `shipping`")
        engine = asking.optional(store, "Store (Enter for the usual one)")
        owned = asking.several(aggregate or [], "Aggregates, like Shipment (Enter for one)")
        follows = asking.several(on or [], EVENTS)
        events = asking.several(emits or [], "Events it emits, like ParcelDispatched")
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

    def edit(asking: Asking) -> Callable[[str], str]:
        from meshgen.cli.arguments import fields_of
        from meshgen.refactor.scaffold.add import add_aggregate

        unit = asking.text(service, "SERVICE", "Name of the service, like `shipping`")
        named = asking.text(name, "NAME", "Name of the aggregate, like `Shipment`")
        follows = asking.several(on or [], EVENTS)
        events = asking.several(emits or [], "Events it emits, like ParcelDispatched")
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

    def edit(asking: Asking) -> Callable[[str], str]:
        from meshgen.cli.arguments import fields_of, sets_of
        from meshgen.refactor.scaffold.add import add_event

        where = asking.text(aggregate, "AGGREGATE", "The aggregate, like `order.Order`")
        named = asking.text(name, "NAME", "Name of the event, like `OrderReturned`")
        fields = fields_of(asking.several(field or [], "Fields, like reason:string"))
        follows = asking.several(on or [], EVENTS)
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
        typer.Option("--by", help="The field that rows are found by.", show_default=False),
    ] = None,
    spec: Spec = None,
    project: Project = None,
    dry_run: DryRun = False,
    json: Json = False,
    quiet: Quiet = False,
) -> None:
    """Add a projection of events, with the queries that read it."""

    def edit(asking: Asking) -> Callable[[str], str]:
        from meshgen.refactor.scaffold.add import add_projection

        named = asking.text(name, "NAME", "Name of the projection, like `order_history`")
        events = asking.several(on or [], "Events that feed it, like order.OrderPlaced", "--on")
        engine = asking.optional(store, "Store (Enter for the usual one)")
        field = asking.optional(by, "Field that rows are found by (Enter for the usual one)")
        return lambda text: add_projection(text, named, on=events, store=engine, by=field)

    run("add-projection", edit, spec, project, dry_run, Report(json=json, quiet=quiet))
