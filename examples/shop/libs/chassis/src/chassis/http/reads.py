"""`GET` routes: an aggregate by id, a page of rows, one row."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Protocol
from uuid import UUID

from pydantic import TypeAdapter
from starlette.requests import Request
from starlette.responses import Response

from chassis.caller import Caller
from chassis.decimals import json_adapter
from chassis.http import etag
from chassis.http.access import owner_for
from chassis.http.parameters import (
    PathParameters,
    find_query,
    query_of,
    search_query,
    selected,
)
from chassis.http.problem import forbidden, not_found
from chassis.http.resources import CallerEndpoint, PublicEndpoint
from chassis.http.routes import Find, Get, Search, parameters
from chassis.results import Page, Versioned


class Read(Protocol):
    """The read of one aggregate of a runtime."""

    async def __call__(
        self, kind: type[Any], id: UUID, caller: Caller | None
    ) -> Versioned[Any] | None: ...


class RowSearch(Protocol):
    """The search of a runtime."""

    async def __call__(
        self,
        by: Mapping[str, object],
        filter: Mapping[str, object],
        sort: tuple[str, ...],
        limit: int,
        cursor: str | None = None,
    ) -> Page[Any]: ...


def get_endpoint(route: Get, read: Read) -> CallerEndpoint:
    """Return the endpoint of one aggregate. Those of other users are not found."""
    adapter = json_adapter(route.of)
    in_path = PathParameters(route.path, route.of)
    (id,) = parameters(route.path)
    shown = set(route.fields) or None

    async def endpoint(request: Request, caller: Caller) -> Response:
        owner = owner_for(caller, route.roles)
        found = await read(route.of, in_path.of(request)[id], owner)
        if found is None:
            raise not_found()
        headers = {"ETag": etag.of(found.version)}
        if etag.unchanged(request.headers.get("if-none-match"), found.version):
            return Response(status_code=304, headers=headers)
        return _json(adapter.dump_json(found.state, include=shown), headers)

    return endpoint


def search_endpoint(route: Search, search: RowSearch) -> PublicEndpoint:
    """Return the endpoint of a page: `{"items": [...], "next": cursor or null}`."""
    adapter = json_adapter(tuple[route.of, ...])  # type: ignore[name-defined]
    cursors: TypeAdapter[str | None] = TypeAdapter(str | None)
    model = search_query(route)

    async def endpoint(request: Request, caller: Caller | None) -> Response:
        query = query_of(request, model)
        owner = owner_for(caller, route.roles)
        by = selected(query, route.by) | _own_rows(route, owner)
        _require_owner(route, by, owner)
        filters = selected(query, route.filter)
        page = await search(by, filters, route.sort, query.page, query.cursor)
        items, next = adapter.dump_json(page.items), cursors.dump_json(page.next)
        return _json(b'{"items":%b,"next":%b}' % (items, next))

    return endpoint


def find_endpoint(route: Find, search: RowSearch) -> PublicEndpoint:
    """Return the endpoint of one row. With an owner, rows of other users are not found."""
    adapter = json_adapter(route.of)
    in_path = PathParameters(route.path, route.of)
    model = find_query(route)

    async def endpoint(request: Request, caller: Caller | None) -> Response:
        given = in_path.of(request)
        query = query_of(request, model)
        by = selected(query, (name for name in route.by if name not in given)) | given
        owner = owner_for(caller, route.roles)
        _require_owner(route, by, owner)
        page = await search(by, {}, (), 2)
        if len(page.items) != 1 or not _is_owned(page.items[0], route, owner):
            raise not_found()
        return _json(adapter.dump_json(page.items[0]))

    return endpoint


def _require_owner(route: Search | Find, by: Mapping[str, object], owner: Caller | None) -> None:
    if owner and route.owner in route.by and str(by[route.owner]) != str(owner.id):
        raise forbidden(f"The {route.owner} must be the caller.")


def _is_owned(row: object, route: Find, owner: Caller | None) -> bool:
    return owner is None or route.owner is None or owner.owns(getattr(row, route.owner))


def _own_rows(route: Search, owner: Caller | None) -> dict[str, object]:
    """Return the restriction to own rows, unless the query names the owner."""
    if owner is None or route.owner is None or route.owner in route.by:
        return {}
    return {route.owner: owner.id}


def _json(content: bytes, headers: Mapping[str, str] | None = None) -> Response:
    return Response(content, headers=headers, media_type="application/json")
