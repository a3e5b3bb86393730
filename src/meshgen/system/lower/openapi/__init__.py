"""The OpenAPI documents of the units.

A unit that runs makes the same one from its routes, see `chassis.http.document`.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from meshgen.naming import url_prefix, words
from meshgen.spec.model import Service
from meshgen.system.index import Index
from meshgen.system.lower.openapi.bffs import endpoints_of
from meshgen.system.lower.openapi.commands import commands_of
from meshgen.system.lower.openapi.operations import Operation, described, operation_ids
from meshgen.system.lower.openapi.reads import queries_of_aggregates, queries_of_rows, reads_of
from meshgen.system.lower.openapi.schemas import Json, Schemas
from meshgen.system.model import ApiView

_VERSION = "1.0.0"


def openapi(index: Index, summaries: Mapping[str, str]) -> tuple[ApiView, ...]:
    """Return the documents of the units that have routes; `summaries` are those of all units.

    What all documents have in common is not in them: they only refer to it.
    """
    found = []
    for service in index.spec.services:
        schemas = Schemas(index)
        operations = tuple(_operations(service, schemas))
        found.append((service.name, "/", schemas, operations))
    for view in index.spec.views:
        schemas = Schemas(index)
        operations = tuple(queries_of_rows(view, summaries[view.name], schemas))
        found.append((view.name, "/", schemas, operations))
    for bff in index.spec.bffs:
        schemas = Schemas(index)
        operations = tuple(endpoints_of(bff, summaries[bff.name], index, schemas))
        found.append((bff.name, url_prefix(bff.name), schemas, operations))
    return tuple(
        ApiView(name=name, document=_document(name, summaries[name], url, schemas, operations))
        for name, url, schemas, operations in found
        if operations
    )


def _operations(service: Service, schemas: Schemas) -> Iterable[Operation]:
    """Yield the operations of a service, in the order of its routes."""
    for aggregate in service.aggregates:
        yield from commands_of(aggregate, schemas)
        yield from reads_of(aggregate, schemas)
    yield from queries_of_aggregates(service, schemas)


def _document(
    name: str, summary: str, url: str, schemas: Schemas, operations: tuple[Operation, ...]
) -> dict[str, object]:
    paths: dict[str, Json] = {}
    for operation, id in zip(operations, operation_ids(operations), strict=True):
        paths.setdefault(operation.path, {})[operation.method] = operation.document(id)
    tags = dict.fromkeys(operation.tag for operation in operations)
    return {
        "openapi": "3.1.0",
        "info": {
            "title": words(name).capitalize(),
            "version": _VERSION,
            **described(summary),
        },
        "servers": [{"url": url, "description": "The gateway."}],
        "tags": [{"name": tag.name, **described(tag.description)} for tag in tags],
        "paths": paths,
        "components": {"schemas": schemas.named},
    }
