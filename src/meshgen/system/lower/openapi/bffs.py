"""The operations of backends-for-frontends, and the schemas of their models."""

from __future__ import annotations

from collections.abc import Iterator

from meshgen.naming import words
from meshgen.spec.model import Bff, Endpoint, Field, Sending
from meshgen.system.index import Index
from meshgen.system.lower.bff_models import Models, has_pages, models_of
from meshgen.system.lower.bff_parts import paged_part
from meshgen.system.lower.bffs import endpoint_functions, endpoint_summary, parameter_type
from meshgen.system.lower.openapi.operations import (
    ETAG,
    LOCATION,
    Operation,
    Tag,
    content,
    parameter,
    problems,
    refusals,
    shared_parameter,
)
from meshgen.system.lower.openapi.schemas import Json, Schemas, reference

_READ_PROBLEMS = (404, 422, 502)
_COMMAND_PROBLEMS = (404, 409, 412, 413, 415, 422, 502)


def endpoints_of(bff: Bff, summary: str, index: Index, schemas: Schemas) -> Iterator[Operation]:
    """Yield the operations of `bff`, in the order of its endpoints; add the schemas they need."""
    models = models_of(bff, index)
    functions = endpoint_functions(bff)
    tag = Tag(words(bff.name).capitalize(), summary)
    for name, fields in models.read.items():
        schemas.shown(name, fields)
    for endpoint in bff.endpoints:
        function = functions[endpoint.route]
        title = words(function).capitalize()
        told = endpoint_summary(endpoint, index)
        sends = endpoint.sends
        yield Operation(
            kind="endpoint",
            path=endpoint.path,
            method=endpoint.method.lower(),
            id=function,
            tag=tag,
            summary=title,
            description="" if told == f"{title}." else told,
            roles=None if endpoint.public else (),
            parameters=(
                *_in_path(endpoint, index, schemas),
                *map(shared_parameter, _shared(endpoint, index)),
            ),
            body=_body(endpoint, sends, models, index, schemas) if sends else None,
            responses=(
                _outcomes(endpoint, sends, models, index, schemas)
                if sends
                else _answer(endpoint, models, index, schemas)
            ),
        )


def _in_path(endpoint: Endpoint, index: Index, schemas: Schemas) -> Iterator[Json]:
    for name in endpoint.parameters:
        of = Field(name=name, type=parameter_type(name, endpoint, index))
        yield parameter(name, "path", schemas.parameter(of), required=True)


def _shared(endpoint: Endpoint, index: Index) -> tuple[str, ...]:
    if endpoint.sends:
        return "IdempotencyKey", "IfMatch"
    return ("Cursor",) if paged_part(endpoint, index) else ()


def _answer(endpoint: Endpoint, models: Models, index: Index, schemas: Schemas) -> Json:
    """Return the responses of an endpoint that reads."""
    parts: Json = {}
    for part in endpoint.parts:
        model = models.named[endpoint.route, part.name]
        shown = schemas.page_of(model) if has_pages(part, index) else reference(model)
        parts[part.name] = {"anyOf": [shown, {"type": "null"}]} if part.optional else shown
    answer = schemas.record(models.responses[endpoint.route], parts)
    found = {"description": "What was found.", **content(answer)}
    return {"200": found, **problems(*_READ_PROBLEMS, public=endpoint.public)}


def _body(
    endpoint: Endpoint, sends: Sending, models: Models, index: Index, schemas: Schemas
) -> Json | None:
    view = models.bodies.get(endpoint.route)
    if view is None:
        return None
    fields = models.sent[endpoint.route]
    generated = index.command(sends.command).aggregate.id
    schema = schemas.sent(view.name, fields, generated=generated, description=view.summary)
    return {"required": not view.may_be_empty, **content(schema)}


def _outcomes(
    endpoint: Endpoint, sends: Sending, models: Models, index: Index, schemas: Schemas
) -> Json:
    """Return the responses of an endpoint that sends a command."""
    of = index.command(sends.command)
    outcome = content(schemas.outcome_of(models.responses[endpoint.route], of.aggregate))
    changed = {"description": "It was changed.", "headers": ETAG, **outcome}
    created = {"description": "It was created.", "headers": ETAG | LOCATION, **outcome}
    mode = of.command.mode
    rules = dict.fromkeys(guard.name for guard in of.command.requires)
    return {
        **({} if mode == "creates" else {"200": changed}),
        **({"201": created} if mode in ("creates", "upserts") else {}),
        **problems(*_COMMAND_PROBLEMS),
        **({"409": refusals(rules)} if rules else {}),
    }
