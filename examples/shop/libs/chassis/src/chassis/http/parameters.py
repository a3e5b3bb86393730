"""The parameters of a route, with the types of their fields."""

from __future__ import annotations

import inspect
import re
import typing
from collections.abc import Awaitable, Callable, Iterable
from typing import Annotated, Any

from fastapi import Path, Query
from pydantic import BaseModel, ConfigDict, Field, create_model
from starlette.responses import Response

from chassis.domain import snake_case
from chassis.http.routes import Find, Get, Post, Route, Search, parameters

Endpoint = Callable[..., Awaitable[Response]]


class QueryModel(BaseModel):
    """The query of a request. Unknown parameters are an error of the caller."""

    model_config = ConfigDict(extra="forbid")


class PagedQuery(QueryModel):
    """The query of a search."""

    page: int
    cursor: str | None


def selected(query: QueryModel, names: Iterable[str]) -> dict[str, object]:
    """Return the parameters `names`. It is not a method, which could hide a field."""
    return {name: getattr(query, name) for name in names}


def field_types(of: type) -> dict[str, Any]:
    """Return the types of the fields of a message, a state or a row."""
    return typing.get_type_hints(of, include_extras=True)


def search_query(route: Search) -> type[PagedQuery]:
    """Return the query of a search: `by`, `filter`, page size and cursor."""
    types = field_types(route.of)
    fields: dict[str, Any] = {name: (types[name], ...) for name in route.by}
    fields |= {name: (types[name] | None, None) for name in route.filter}
    fields["page"] = (
        int,
        Field(route.page, ge=1, le=route.page, description="The largest number of rows."),
    )
    fields["cursor"] = (
        str | None,
        Field(None, max_length=2048, description="The `next` of the previous page."),
    )
    return create_model(f"{_name(route.path)}Query", __base__=PagedQuery, **fields)


def find_query(route: Find) -> type[QueryModel]:
    """Return the query of a find: the fields in `by` that are not in the path."""
    types = field_types(route.of)
    in_path = parameters(route.path)
    fields: dict[str, Any] = {name: (types[name], ...) for name in route.by if name not in in_path}
    return create_model(f"{_name(route.path)}Query", __base__=QueryModel, **fields)


def with_signature(endpoint: Endpoint, **added: Any) -> Endpoint:
    """Replace the `**` parameter of `endpoint` by keyword parameters with the types in `added`.

    FastAPI reads the signature of a function, and these functions are made from a table.
    """
    signature = inspect.signature(endpoint, eval_str=True)
    kept = [p for p in signature.parameters.values() if p.kind is not p.VAR_KEYWORD]
    made = [
        inspect.Parameter(name, inspect.Parameter.KEYWORD_ONLY, annotation=annotation)
        for name, annotation in added.items()
    ]
    endpoint.__signature__ = signature.replace(parameters=[*kept, *made])  # type: ignore[attr-defined]
    return endpoint


def path_types(path: str, of: type) -> dict[str, Any]:
    """Return the annotations of the parameters of `path`, which are fields of `of`."""
    types = field_types(of)
    return {name: Annotated[types[name], Path()] for name in parameters(path)}


def query_type(model: type[QueryModel]) -> Any:
    """Return the annotation of a complete query."""
    return Annotated[model, Query()]


def operation_id(route: Route) -> str:
    """Return the OpenAPI operation id: `post_cancel_order`, `get_order`, `search_browse`.

    It is unique in a unit: commands, aggregates and paths of queries are, and the first word is a
    different one for each kind of route.
    """
    match route:
        case Post():
            return f"post_{snake_case(route.command.__name__)}"
        case Get():
            return f"get_{snake_case(route.of.__name__)}"
        case Search():
            return f"search_{_words(route.path)}"
        case Find():
            return f"find_{_words(route.path)}"


def _words(path: str) -> str:
    return re.sub(r"\W+", "_", path).strip("_")


def _name(path: str) -> str:
    return "".join(word.capitalize() for word in _words(path).split("_"))
