"""`GET` routes: an aggregate by id, a page of rows, one row."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any, Protocol

from fastapi import Depends, Header
from pydantic import TypeAdapter
from starlette.responses import Response

from chassis.caller import Caller
from chassis.http import etag
from chassis.http.bearer import bearer, require_role
from chassis.http.parameters import (
    Endpoint,
    PagedQuery,
    QueryModel,
    find_query,
    path_types,
    query_type,
    search_query,
    selected,
    with_signature,
)
from chassis.http.problem import forbidden, not_found
from chassis.http.routes import Find, Get, Search, parameters
from chassis.results import Page, Versioned
from chassis.runtime import ServiceRuntime

IfNoneMatch = Annotated[
    str | None, Header(description="The response is 304 if this is still the entity tag.")
]
User = Annotated[Caller, Depends(bearer)]


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


def get_endpoint(route: Get, runtime: ServiceRuntime) -> Endpoint:
    """Return the endpoint of one aggregate. Those of other users are not found."""
    adapter: TypeAdapter[Any] = TypeAdapter(route.of)
    (id,) = parameters(route.path)

    async def endpoint(caller: User, if_none_match: IfNoneMatch = None, **path: Any) -> Response:
        require_role(caller, route.roles)
        found: Versioned[Any] | None = await runtime.read(route.of, path[id], caller)
        if found is None:
            raise not_found()
        headers = {"ETag": etag.of(found.version)}
        if etag.unchanged(if_none_match, found.version):
            return Response(status_code=304, headers=headers)
        return _json(adapter.dump_json(found.state), headers)

    return with_signature(endpoint, **path_types(route.path, route.of))


def search_endpoint(route: Search, search: RowSearch) -> Endpoint:
    """Return the endpoint of a page: `{"items": [...], "next": cursor or null}`."""
    adapter: TypeAdapter[Any] = TypeAdapter(tuple[route.of, ...])  # type: ignore[name-defined]
    cursors: TypeAdapter[str | None] = TypeAdapter(str | None)

    async def endpoint(caller: User, **given: Any) -> Response:
        require_role(caller, route.roles)
        query: PagedQuery = given["query"]
        by = selected(query, route.by) | _own_rows(route, caller)
        _require_owner(route, by, caller)
        filters = selected(query, route.filter)
        page = await search(by, filters, route.sort, query.page, query.cursor)
        items, next = adapter.dump_json(page.items), cursors.dump_json(page.next)
        return _json(b'{"items":%b,"next":%b}' % (items, next))

    return with_signature(endpoint, query=query_type(search_query(route)))


def find_endpoint(route: Find, search: RowSearch) -> Endpoint:
    """Return the endpoint of one row. With an owner, rows of other users are not found."""
    adapter: TypeAdapter[Any] = TypeAdapter(route.of)

    async def endpoint(caller: User, **given: Any) -> Response:
        require_role(caller, route.roles)
        query: QueryModel = given.pop("query")
        by = selected(query, (name for name in route.by if name not in given)) | given
        _require_owner(route, by, caller)
        page = await search(by | _own_rows(route, caller), {}, (), 2)
        if len(page.items) != 1:
            raise not_found()
        return _json(adapter.dump_json(page.items[0]))

    return with_signature(
        endpoint, query=query_type(find_query(route)), **path_types(route.path, route.of)
    )


def _require_owner(route: Search | Find, by: Mapping[str, object], caller: Caller) -> None:
    if route.owner in route.by and str(by[route.owner]) != str(caller.id):
        raise forbidden(f"The {route.owner} must be the caller.")


def _own_rows(route: Search | Find, caller: Caller) -> dict[str, object]:
    """Return the restriction to own rows, unless the query names the owner."""
    if route.owner is None or route.owner in route.by:
        return {}
    return {route.owner: caller.id}


def _json(content: bytes, headers: Mapping[str, str] | None = None) -> Response:
    return Response(content, headers=headers, media_type="application/json")
