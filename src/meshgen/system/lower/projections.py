"""Projections: the row and the cases that change it."""

from __future__ import annotations

from meshgen.naming import about, kebab, pascal, unit_folder, unit_package, words
from meshgen.spec.model import Projection, Reaction
from meshgen.system.index import Index, row_name
from meshgen.system.lower.engines import extras
from meshgen.system.lower.identities import identity_of, stored_as
from meshgen.system.lower.imports import contract_imports
from meshgen.system.lower.services import access_tests, query_route
from meshgen.system.model import EventCase, ProjectionView
from meshgen.system.pysource.annotations import attribute, default
from meshgen.system.pysource.calls import Scene, call_source, filled, from_sources
from meshgen.testgen.cases.access import row_reach_tests
from meshgen.testgen.cases.example_events import ExampleEvents
from meshgen.testgen.cases.reactions import projection_tests

_SCENE = Scene({"event": "event", "row": "row"})


def projection_view(
    projection: Projection, index: Index, package: str, example_events: ExampleEvents
) -> ProjectionView:
    """Return `projection` ready to print."""
    row, path = row_name(projection), ("projections", projection.name)
    routes = tuple(query_route(query, row) for query in projection.queries)
    return ProjectionView(
        name=projection.name,
        identity=identity_of(index.identities, *path),
        package=unit_package(package, projection.name),
        distribution=kebab(unit_package(package, projection.name)),
        folder=unit_folder("projections", projection.name),
        extras=extras(index.spec.event_hub.engine, projection.store.engine),
        title=pascal(projection.name),
        summary=(projection.summary or f"The {words(projection.name)} projection").rstrip("."),
        about=about(projection.summary),
        row=row,
        id=projection.id,
        state=tuple(attribute(field) for field in projection.row),
        stored=stored_as(index.identities, (*path, "row"), projection.row),
        events=tuple(_case(reaction, projection, index) for reaction in projection.reactions),
        partition=projection.partition,
        cluster=tuple(f"-{k.field}" if k.descending else k.field for k in projection.cluster),
        testing=projection_tests(projection, index, example_events),
        routes=routes,
        access_testing=access_tests(routes),
        reach_testing=row_reach_tests(projection.queries, projection.row),
        imports=contract_imports(index, [reaction.event for reaction in projection.reactions]),
    )


def _case(reaction: Reaction, projection: Projection, index: Index) -> EventCase:
    event = index.event(reaction.event)
    name = event.event.name
    if reaction.mode == "delete":
        return EventCase(name=name, opening=None, returns="None")
    arguments = filled(
        projection.row,
        reaction.sets,
        _SCENE,
        from_sources(("event", event.fields)),
    )
    row = row_name(projection)
    if reaction.mode == "insert":
        return EventCase(name=name, opening=None, returns=call_source(row, arguments))
    key = {*projection.partition, *(sort.field for sort in projection.cluster), projection.id}
    changes = tuple(argument for argument in arguments if argument.name not in key)
    changed = call_source("replace", changes, "row")
    if reaction.mode == "upsert" and _needs_the_event(projection):
        made = call_source(row, arguments)
        return EventCase(name=name, opening=None, returns=f"{changed} if row else {made}")
    if reaction.mode == "upsert":
        opening = f"row = row or {row}({projection.id}=event.{projection.id})"
        return EventCase(name=name, opening=opening, returns=changed)
    if not changes:
        return EventCase(name=name, opening=None, returns="row")
    return EventCase(name=name, opening=None, returns=f"{changed} if row else None")


def _needs_the_event(projection: Projection) -> bool:
    """Tell whether a row needs an event: a field has no default."""
    return any(field.name != projection.id and default(field) is None for field in projection.row)
