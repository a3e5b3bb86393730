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
        help="The store engine. [default: the most common in the spec]",
        show_default=False,
    ),
]
Aggregates = Annotated[
    list[str] | None,
    typer.Option("--aggregate", help="An aggregate of the service.", show_default=False),
]
On = Annotated[
    list[str] | None,
    typer.Option("--on", help="An event to react to: order.OrderPlaced.", show_default=False),
]
Emits = Annotated[
    list[str] | None, typer.Option("--emits", help="An event to emit.", show_default=False)
]
Fields = Annotated[
    list[str] | None,
    typer.Option("--field", help="A field, as name:type.", show_default=False),
]
Sets = Annotated[
    list[str] | None,
    typer.Option(
        "--sets", help="A state field the event sets, such as status=cancelled.", show_default=False
    ),
]
Roles = Annotated[
    list[str] | None,
    typer.Option(
        "--role",
        help="A role allowed to send its commands. [default: as for similar commands]",
        show_default=False,
    ),
]


Name = Annotated[str | None, argument("The new name.")]

EVENTS = "Events to react to, such as order.OrderPlaced (comma-separated; Enter for none)"


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
    """Add a service with working aggregates to the spec."""

    def edit(prompts: Prompts) -> Callable[[str], str]:
        from meshgen.cli.arguments import fields_of
        from meshgen.refactor.scaffold.add import add_service

        named = prompts.text(name, "NAME", "Name of the service, such as `shipping`")
        engine = prompts.optional(store, "Store engine (Enter for the default)")
        owned = prompts.several(aggregate or [], "Aggregates, such as Shipment (Enter for one)")
        follows = prompts.several(on or [], EVENTS)
        events = prompts.several(emits or [], "Events it emits, such as ParcelDispatched")
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
    """Add an aggregate with events and commands to a service."""

    def edit(prompts: Prompts) -> Callable[[str], str]:
        from meshgen.cli.arguments import fields_of
        from meshgen.refactor.scaffold.add import add_aggregate

        unit = prompts.text(service, "SERVICE", "Name of the service, such as `shipping`")
        named = prompts.text(name, "NAME", "Name of the aggregate, such as `Shipment`")
        follows = prompts.several(on or [], EVENTS)
        events = prompts.several(emits or [], "Events it emits, such as ParcelDispatched")
        fields = fields_of(field or [])
        return lambda text: add_aggregate(
            text, unit, named, on=follows, emits=events, fields=fields, roles=role or ()
        )

    run("add-aggregate", edit, spec, project, dry_run, Report(json=json, quiet=quiet))


@app.command("add-event")
def add_event(
    aggregate: Annotated[str | None, argument("The aggregate, such as order.Order.")] = None,
    name: Name = None,
    field: Fields = None,
    sets: Sets = None,
    command: Annotated[
        str | None, typer.Option("--command", help="The name of the command.", show_default=False)
    ] = None,
    on: On = None,
    role: Roles = None,
    spec: Spec = None,
    project: Project = None,
    dry_run: DryRun = False,
    json: Json = False,
    quiet: Quiet = False,
) -> None:
    """Add an event, and the command that emits it, to an aggregate."""

    def edit(prompts: Prompts) -> Callable[[str], str]:
        from meshgen.cli.arguments import fields_of, sets_of
        from meshgen.refactor.scaffold.add import add_event

        where = prompts.text(aggregate, "AGGREGATE", "The aggregate, such as `order.Order`")
        named = prompts.text(name, "NAME", "Name of the event, such as `OrderReturned`")
        fields = fields_of(prompts.several(field or [], "Fields, such as reason:string"))
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
        typer.Option("--by", help="The field to look rows up by.", show_default=False),
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

        named = prompts.text(name, "NAME", "Name of the projection, such as `order_history`")
        events = prompts.several(on or [], "Events that feed it, such as order.OrderPlaced", "--on")
        engine = prompts.optional(store, "Store engine (Enter for the default)")
        field = prompts.optional(by, "Field to look rows up by (Enter for the default)")
        return lambda text: add_projection(text, named, on=events, store=engine, by=field)

    run("add-projection", edit, spec, project, dry_run, Report(json=json, quiet=quiet))
