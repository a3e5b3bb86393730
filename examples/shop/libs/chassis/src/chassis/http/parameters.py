"""The parameters of a route, with the types of their fields."""

from __future__ import annotations

import re
import typing
from collections.abc import Iterable, Sequence
from typing import Any, TypeVar

from pydantic import BaseModel, ConfigDict, Field, TypeAdapter, ValidationError, create_model
from starlette.requests import Request

from chassis.domain import snake_case
from chassis.http.errors import invalid_fields
from chassis.http.problem import FieldError, invalid
from chassis.http.routes import Find, Get, Post, Route, Search, parameters
from chassis.http.values import text_error


class QueryModel(BaseModel):
    """The query of a request. Unknown parameters are an error of the caller."""

    model_config = ConfigDict(extra="forbid")


class PagedQuery(QueryModel):
    """The query of a search."""

    page: int
    cursor: str | None


Q = TypeVar("Q", bound=QueryModel)


class PathParameters:
    """The parameters of `path`, which are fields of `of`. They are text, unlike a body's values."""

    def __init__(self, path: str, of: type) -> None:
        types = field_types(of)
        self._adapters: dict[str, TypeAdapter[Any]] = {
            name: TypeAdapter(types[name]) for name in parameters(path)
        }

    def of(self, request: Request) -> dict[str, Any]:
        """Return the values in the path of `request`.

        Raises:
            Problem: 422, a value does not have the type of its field.
        """
        values, errors = {}, []
        for name, adapter in self._adapters.items():
            text = request.path_params[name]
            try:
                values[name] = adapter.validate_python(text)
            except ValidationError as error:
                errors.append(FieldError(name, error.errors()[0]["msg"]))
                continue
            if (message := text_error(values[name], text)) is not None:
                errors.append(FieldError(name, message))
        if errors:
            raise invalid(errors)
        return values


def query_of(request: Request, model: type[Q]) -> Q:
    """Return the query of `request`; the last of several values counts.

    Raises:
        Problem: 422, the query does not fit `model`.
    """
    given = dict(request.query_params)
    try:
        query = model.model_validate(given)
    except ValidationError as error:
        raise invalid_fields(error) from error
    found = [(name, text_error(getattr(query, name), text)) for name, text in given.items()]
    if errors := [FieldError(name, message) for name, message in found if message is not None]:
        raise invalid(errors)
    return query


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


def operation_ids(routes: Sequence[Route]) -> list[str]:
    """Return the OpenAPI operation ids of the routes of a unit: `cancel_order`, `get_order`.

    Commands, aggregates and queries are each unique in a unit. Where two of them would have the
    same id, the later one is told apart by what it does.
    """
    ids: list[str] = []
    for route in routes:
        kind, id = _operation(route)
        while id in ids:
            id = f"{kind}_{id}"
        ids.append(id)
    return ids


def _operation(route: Route) -> tuple[str, str]:
    match route:
        case Post():
            return "post", snake_case(route.command.__name__)
        case Get():
            return "get", f"get_{snake_case(route.of.__name__)}"
        case Search():
            return "search", query_name(route)
        case Find():
            return "find", query_name(route)


def query_name(route: Search | Find) -> str:
    """Return the name of a query: `orders_of_customer`."""
    return route.name or _words(route.path.rpartition("/")[2])


def _words(path: str) -> str:
    return re.sub(r"\W+", "_", path).strip("_")


def _name(path: str) -> str:
    return "".join(word.capitalize() for word in _words(path).split("_"))
