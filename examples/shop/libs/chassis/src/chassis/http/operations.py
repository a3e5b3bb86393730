"""The operations of an OpenAPI document, from routes."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from typing import TypeAlias

from chassis.domain import snake_case
from chassis.http import live
from chassis.http.commands import CommandRoute
from chassis.http.fragments import (
    ETAG,
    JSON,
    LOCATION,
    content,
    described,
    events,
    page,
    page_size,
    problems,
    record,
    refusals,
    security,
    shared_parameter,
    tidy,
)
from chassis.http.openapi import (
    COMMAND_PROBLEMS,
    READ_PROBLEMS,
    SEARCH_PROBLEMS,
    Schema,
    needed,
)
from chassis.http.parameters import operation_ids, query_name
from chassis.http.problem import words
from chassis.http.routes import Find, Get, Post, Route, Search, parameters
from chassis.http.schemas import Schemas, picked, reference

Tag: TypeAlias = tuple[str, str]
"""A name and a description."""

_NO_WORD = re.compile(r"[^a-z0-9]+")
_EVENTS = {
    "type": "string",
    "description": "The same JSON as the data of an event, again after every change.",
}


class Operations:
    """Makes the operations of a document, and the schemas that they refer to."""

    def __init__(
        self,
        tags: Mapping[type, Tag],
        routes: Sequence[Route],
        commands: Iterable[CommandRoute],
    ) -> None:
        self._of = Schemas(
            route.command if isinstance(route, Post) else route.of for route in routes
        )
        self.schemas = dict(self._of.named)
        self._tags = tags
        self._routes = routes
        self._ids = dict(zip(map(_address, routes), operation_ids(routes), strict=True))
        self._commands = {command.route.command: command for command in commands}

    @property
    def tags(self) -> tuple[Tag, ...]:
        """The tags of the operations."""
        used = dict.fromkeys(self._about(route) for route in self._routes)
        return tuple(self._tags[each] for each in used)

    def of(self, route: Route) -> Schema:
        """Return the operation of a route."""
        match route:
            case Post():
                return self._command(route)
            case Get():
                return self._get(route)
            case Search() | Find():
                return self._query(route)

    def former(self, route: Post | Search | Find) -> Schema:
        """Return the operation of a route at a former path of its own."""
        operation = self.of(route)
        id = f"{operation['operationId']}_at{_NO_WORD.sub('_', route.path).rstrip('_')}"
        return {**operation, "operationId": id, "deprecated": True}

    def _about(self, route: Route) -> type:
        return self._commands[route.command].aggregate if isinstance(route, Post) else route.of

    def _command(self, route: Post) -> Schema:
        command = replace(self._commands[route.command], route=route)
        headers = [shared_parameter("IdempotencyKey"), shared_parameter("IfMatch")]
        return {
            **self._head(route, _spoken(route.command), route.command.__doc__ or ""),
            "parameters": [*self._in_path(route.path, route.command), *headers],
            **self._body(command),
            "responses": {
                **self._outcomes(command),
                **problems(COMMAND_PROBLEMS),
                "409": refusals(route.rules),
            },
        }

    def _get(self, route: Get) -> Schema:
        name = route.of.__name__
        shown = reference(name)
        if route.fields:
            shown = self._add(f"{name}Excerpt", picked(self._of.named[name], route.fields))
        found = {"description": "The aggregate.", "headers": ETAG, **content(shown)}
        unchanged = {"description": "It has still the entity tag.", "headers": ETAG}
        return {
            **self._head(route, f"Read: {_spoken(route.of).lower()}"),
            "parameters": [*self._in_path(route.path, route.of), shared_parameter("IfNoneMatch")],
            "responses": {"200": found, "304": unchanged, **problems(READ_PROBLEMS)},
        }

    def _query(self, route: Search | Find) -> Schema:
        in_path = parameters(route.path)
        given = [
            *self._in_path(route.path, route.of),
            *(
                self._parameter(route.of, name, "query", required=True)
                for name in route.by
                if name not in in_path
            ),
        ]
        schema, statuses = reference(route.of.__name__), needed(READ_PROBLEMS, route.public)
        if isinstance(route, Search):
            given += [
                *(self._parameter(route.of, name, "query") for name in route.filter),
                page_size(route.page),
                shared_parameter("Cursor"),
            ]
            schema, statuses = self._page(route.of), needed(SEARCH_PROBLEMS, route.public)
        events = {live.MEDIA_TYPE: {"schema": _EVENTS}} if route.live else {}
        found = {"content": {JSON: {"schema": schema}, **events}}
        return {
            **self._head(route, words(query_name(route))),
            "parameters": [*given, *([shared_parameter("LastEventId")] if route.live else [])],
            "responses": {
                "200": {"description": "What was found.", **found},
                **problems(statuses),
            },
        }

    def _head(self, route: Route, summary: str, description: str = "") -> Schema:
        public = isinstance(route, Search | Find) and route.public
        return {
            "tags": [self._tags[self._about(route)][0]],
            "summary": summary,
            **described(" ".join(description.split())),
            "operationId": self._ids[_address(route)],
            **({} if public else {"security": security(route.roles)}),
        }

    def _in_path(self, path: str, of: type) -> list[Schema]:
        return [self._parameter(of, name, "path", required=True) for name in parameters(path)]

    def _parameter(self, of: type, name: str, place: str, required: bool = False) -> Schema:
        needs = {"required": True} if required else {}
        return {"name": name, "in": place, **needs, "schema": self._of.field(of, name)}

    def _body(self, command: CommandRoute) -> Schema:
        """Return the body, whose fields are those that nothing else fills."""
        route, name = command.route, command.route.command.__name__
        filled = {*parameters(route.path), *route.caller}
        schema = self._of.named[name]
        body = picked(schema, (each for each in schema["properties"] if each not in filled))
        body["required"] = [each for each in body["required"] if each != command.generated_id]
        body.pop("description", None)
        if not body["properties"]:
            return {}
        self.schemas[name] = tidy(body)
        required = bool(body["required"])
        return {"requestBody": {"required": required, **content(reference(name))}}

    def _outcomes(self, command: CommandRoute) -> Schema:
        """Return the successful responses: 201 only where something can be created."""
        fields = {
            command.id: {"type": "string", "format": "uuid"},
            "version": {"type": "integer", "format": "int64"},
            "events": events(command.events[0].__name__),
        }
        body = content(self._add(f"{command.aggregate.__name__}Outcome", record(fields)))
        located = ETAG | (LOCATION if command.location else {})
        changed = {"description": "The aggregate was changed.", "headers": ETAG, **body}
        created = {"description": "The aggregate was created.", "headers": located, **body}
        if command.generated_id is not None or command.route.creates:
            return {"201": created}
        return {"200": changed, **({"201": created} if command.route.upserts else {})}

    def _page(self, of: type) -> Schema:
        return self._add(f"{of.__name__}Page", page(reference(of.__name__)))

    def _add(self, name: str, schema: Schema) -> Schema:
        """Add a schema that no class has, and return a reference to it."""
        while name in self._of.named:
            name += "2"
        self.schemas[name] = schema
        return reference(name)


def _address(route: Route) -> tuple[type, object]:
    """Return what a route has at all of its paths, and no other route of a unit."""
    match route:
        case Post():
            return Post, route.command
        case Get():
            return Get, route.of
        case Search() | Find():
            return type(route), query_name(route)


def _spoken(of: type) -> str:
    """Return the name of a class in words: `CancelOrder` -> `Cancel order`."""
    return words(snake_case(of.__name__))
