"""The parameters of a route, typed as the fields they stand for."""

from __future__ import annotations

import inspect
import typing
from collections.abc import Awaitable, Callable, Iterable
from typing import Annotated, Any

from fastapi import Path, Query
from pydantic import BaseModel, ConfigDict, Field, create_model
from starlette.responses import Response

from chassis.http.routes import Find, Search, parameters

Endpoint = Callable[..., Awaitable[Response]]


class QueryModel(BaseModel):
    """The query of a request; a parameter that it does not have is an error of the caller's."""

    model_config = ConfigDict(extra="forbid")


class PagedQuery(QueryModel):
    """The query of a search."""

    page: int
    cursor: str | None


def chosen(query: QueryModel, names: Iterable[str]) -> dict[str, object]:
    """The values of the parameters `names`. (A method would be in the way of a field's name.)"""
    return {name: getattr(query, name) for name in names}


def field_types(of: type) -> dict[str, Any]:
    """The types of the fields of a message, a state or a row."""
    return typing.get_type_hints(of, include_extras=True)


def search_query(route: Search) -> type[PagedQuery]:
    """The query of a search: `by`, `filter`, and where in the result to be."""
    types = field_types(route.of)
    fields: dict[str, Any] = {name: (types[name], ...) for name in route.by}
    fields |= {name: (types[name] | None, None) for name in route.filter}
    fields["page"] = (
        int,
        Field(route.page, ge=1, le=route.page, description="How many rows at most."),
    )
    fields["cursor"] = (
        str | None,
        Field(None, max_length=2048, description="The `next` of the page before."),
    )
    return create_model(f"{_name(route.path)}Query", __base__=PagedQuery, **fields)


def find_query(route: Find) -> type[QueryModel]:
    """The query of a find: the fields in `by` that are not in the path."""
    types = field_types(route.of)
    in_path = parameters(route.path)
    fields: dict[str, Any] = {name: (types[name], ...) for name in route.by if name not in in_path}
    return create_model(f"{_name(route.path)}Query", __base__=QueryModel, **fields)


def with_signature(endpoint: Endpoint, **added: Any) -> Endpoint:
    """`endpoint` with its `**` parameter replaced by keyword parameters of the types in `added`.

    FastAPI reads a function's signature, and ours are made from a table.
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
    """The annotations of the parameters of `path`, which are fields of `of`."""
    types = field_types(of)
    return {name: Annotated[types[name], Path()] for name in parameters(path)}


def query_type(model: type[QueryModel]) -> Any:
    """The annotation of a whole query."""
    return Annotated[model, Query()]


def operation_id(method: str, path: str) -> str:
    """An OpenAPI operation id: `post`, `/orders/{id}/cancel` -> `post_orders_cancel`."""
    words = [part for part in path.replace("-", "_").split("/") if part and part[0] != "{"]
    return "_".join([method, *words])


def _name(path: str) -> str:
    return "".join(word.capitalize() for word in operation_id("", path).split("_"))
