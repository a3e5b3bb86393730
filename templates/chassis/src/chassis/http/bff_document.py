"""The OpenAPI document of a backend-for-frontend: FastAPI's, in the style of those of services.

It refers to the components that all documents have, and its schemas are made as theirs are. The
contracts have the same document, from the spec.
"""

from __future__ import annotations

import inspect
from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING, Annotated, Any, get_args

from fastapi import FastAPI
from fastapi.routing import APIRoute

from chassis.http.document import VERSION
from chassis.http.examples import with_examples
from chassis.http.fragments import described, shared_parameter
from chassis.http.openapi import NAMES, Schema, referred, shared
from chassis.http.problem import words
from chassis.http.schemas import Schemas
from chassis.models import Answer, Body

if TYPE_CHECKING:
    from chassis.bff import Bff

_SHARED = {"idempotency-key": "IdempotencyKey", "if-match": "IfMatch", "cursor": "Cursor"}
_NULL = {"type": "null"}


def bff_document(bff: Bff, app: FastAPI) -> Schema:
    """Return the OpenAPI document of a backend-for-frontend.

    Args:
        bff: The backend-for-frontend.
        app: Its application.
    """
    made = FastAPI.openapi(app)
    routes = [
        route
        for router in (*bff.routers, *bff.public)
        for route in router.routes
        if isinstance(route, APIRoute) and route.include_in_schema
    ]
    schemas = Schemas([*_models(routes), *_parameters(routes)])
    title = words(bff.name)
    paths: dict[str, Schema] = {}
    ids: set[str] = set()
    for route in routes:
        for method in sorted(map(str.lower, route.methods or ())):
            operation = made["paths"][route.path_format][method]
            id = route.operation_id or route.name
            id = operation["operationId"] if id in ids else id
            ids.add(id)
            done = {**_Operation(route, operation, schemas).normal(title), "operationId": id}
            paths.setdefault(route.path_format, {})[method] = done
    components = made["components"]
    for kind, named in (*shared().items(), ("schemas", schemas.named)):
        components[kind] = components.get(kind, {}) | named
    return with_examples(
        referred(
            {
                "openapi": made["openapi"],
                "info": {"title": title, "version": VERSION, **described(bff.summary)},
                "servers": [
                    {"url": f"/{bff.name.replace('_', '-')}", "description": "The gateway."}
                ],
                "tags": [{"name": title, **described(bff.summary)}],
                "paths": paths,
                "components": components,
            }
        )
    )


def _models(routes: Iterable[APIRoute]) -> Iterator[type]:
    """Yield the models of responses and bodies, and those that they are made of."""
    for route in routes:
        yield from _within(route.response_model)
        if route.body_field is not None:
            yield from _within(route.body_field.field_info.annotation)


def _within(annotation: Any) -> Iterator[type]:
    """Yield the models in a type."""
    if inspect.isclass(annotation) and issubclass(annotation, Answer | Body):
        yield annotation
        for field in annotation.model_fields.values():
            yield from _within(field.annotation)
    else:
        for part in get_args(annotation):
            yield from _within(part)


def _parameters(routes: Iterable[APIRoute]) -> Iterator[Any]:
    for route in routes:
        yield from _in_path(route).values()


def _in_path(route: APIRoute) -> dict[str, Any]:
    """Return the types of the parameters in the path of a route, by their names."""
    found = {}
    for field in route.dependant.path_params:
        of: Any = field.field_info.annotation
        for each in field.field_info.metadata:
            of = Annotated[of, each]
        found[field.alias] = of
    return found


class _Operation:
    """An operation as FastAPI describes it."""

    def __init__(self, route: APIRoute, operation: Schema, schemas: Schemas) -> None:
        self._route = route
        self._given = operation
        self._schemas = schemas

    def normal(self, tag: str) -> Schema:
        """Return the operation as documents of units have it."""
        summary = words(self._route.name)
        found = {
            **self._given,
            "tags": [tag],
            "summary": summary,
            "parameters": [self._parameter(each) for each in self._given.get("parameters", ())],
            "responses": {
                status: _response(status, response)
                for status, response in self._given["responses"].items()
            },
        }
        if "requestBody" in found:
            found["requestBody"] = _body(found["requestBody"])
        if found.get("description") == f"{summary}.":
            del found["description"]
        return found

    def _parameter(self, parameter: Schema) -> Schema:
        name = parameter["name"]
        if name in _SHARED and parameter.get("description") == _described(_SHARED[name]):
            return shared_parameter(_SHARED[name])
        if parameter["in"] == "path":
            of = _in_path(self._route)[name]
            return {**parameter, "schema": self._schemas.of(of)}
        return {**parameter, "schema": _untitled(parameter["schema"])}


def _described(parameter: str) -> str:
    return str(shared()["parameters"][parameter]["description"])


def _response(status: str, response: Schema) -> Schema:
    """Return a reference to the problem that a response is, or else the response."""
    name = NAMES.get(int(status)) if status.isdigit() else None
    if name and response == shared()["responses"][name]:
        return {"$ref": f"#/components/responses/{name}"}
    if response.get("description") == "Successful Response":
        return {**response, "description": "What was found."}
    return response


def _body(body: Schema) -> Schema:
    """Return a body whose schema does not say that it may be missing: `required` says it."""
    content = {
        kind: {**value, "schema": _present(_untitled(value["schema"]))}
        for kind, value in body["content"].items()
    }
    return {"required": False, **body, "content": content}


def _present(schema: Schema) -> Schema:
    options = [each for each in schema.get("anyOf", ()) if each != _NULL]
    return options[0] if len(options) == 1 else schema


def _untitled(schema: Schema) -> Schema:
    return {key: value for key, value in schema.items() if key != "title"}
