"""The operations that are reads: of an aggregate, of a page of rows, of one row."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from meshgen.naming import snake, words
from meshgen.spec.model import Aggregate, Field, Projection, Query, Service, Stream
from meshgen.spec.routes import aggregate_path, read_roles
from meshgen.system.index import row_name, with_id
from meshgen.system.lower.openapi.commands import tag_of
from meshgen.system.lower.openapi.operations import (
    ETAG,
    Operation,
    Tag,
    content,
    parameter,
    parameters,
    problems,
    shared_parameter,
)
from meshgen.system.lower.openapi.schemas import Json, Schemas

_EVENTS: Json = {
    "type": "string",
    "description": "The same JSON as the data of an event, again after every change.",
}


def reads_of(aggregate: Aggregate, schemas: Schemas) -> Iterator[Operation]:
    """Yield the read of an aggregate by its id, if anybody may."""
    roles = read_roles(aggregate)
    if roles is None:
        return
    fields = with_id(aggregate, aggregate.state)
    path = aggregate_path(aggregate)
    shown = aggregate.reading.fields if aggregate.reading else ()
    schema = schemas.excerpt(aggregate.name, fields, shown)
    by_name = {field.name: field for field in fields}
    yield Operation(
        kind="get",
        path=path,
        method="get",
        id=f"get_{snake(aggregate.name)}",
        tag=tag_of(aggregate),
        summary=f"Read: {words(aggregate.name)}",
        roles=roles,
        parameters=(
            *(
                parameter(name, "path", schemas.parameter(by_name[name]), required=True)
                for name in parameters(path)
            ),
            shared_parameter("IfNoneMatch"),
        ),
        responses={
            "200": {"description": "The aggregate.", "headers": ETAG, **content(schema)},
            "304": {"description": "It has still the entity tag.", "headers": ETAG},
            **problems(404, 422),
        },
    )


def queries_of_aggregates(service: Service, schemas: Schemas) -> Iterator[Operation]:
    """Yield the queries of a service, whose results are aggregates."""
    for query in service.queries:
        of = next(each for each in service.aggregates if each.name == query.of)
        fields = with_id(of, of.state)
        yield from _query(query, of.name, fields, tag_of(of), schemas)


def queries_of_rows(
    view: Projection | Stream, summary: str, schemas: Schemas
) -> Iterator[Operation]:
    """Yield the queries of a projection or a stream."""
    tag = Tag(words(view.name).capitalize(), summary)
    for query in view.queries:
        yield from _query(query, row_name(view), view.row, tag, schemas)


def _query(
    query: Query, of: str, fields: tuple[Field, ...], tag: Tag, schemas: Schemas
) -> Iterator[Operation]:
    """Yield a query, and again at its former paths."""
    yield _at(query.path, query, of, fields, tag, schemas)
    for former in query.deprecated:
        yield replace(_at(former.path, query, of, fields, tag, schemas), former=True)


def _at(
    path: str, query: Query, of: str, fields: tuple[Field, ...], tag: Tag, schemas: Schemas
) -> Operation:
    types = {field.name: field for field in fields}
    in_path = parameters(path)
    row = schemas.shown(of, fields)
    given = [
        parameter(name, "path", schemas.parameter(types[name]), required=True) for name in in_path
    ]
    given += [
        parameter(name, "query", schemas.parameter(types[name]), required=True)
        for name in query.by
        if name not in in_path
    ]
    statuses: tuple[int, ...] = (404, 422)
    if query.page:
        given += [parameter(n, "query", schemas.parameter(types[n])) for n in query.filter]
        given += [_page_size(query.page), shared_parameter("Cursor")]
        row, statuses = schemas.page(of), (422,)
    if query.live:
        given.append(shared_parameter("LastEventId"))
    events: dict[str, Json] = {"text/event-stream": {"schema": _EVENTS}} if query.live else {}
    return Operation(
        kind="search" if query.page else "find",
        path=path,
        method="get",
        id=snake(query.name),
        tag=tag,
        summary=words(query.name).capitalize(),
        roles=None if query.public else query.roles or (),
        parameters=tuple(given),
        responses={
            "200": {"description": "What was found.", **content(row, **events)},
            **problems(*statuses, public=query.public),
        },
    )


def _page_size(largest: int) -> Json:
    bounds = {"minimum": 1, "maximum": largest, "default": largest}
    return {
        "name": "page",
        "in": "query",
        "description": "The largest number of rows.",
        "schema": {"type": "integer", **bounds},
    }
