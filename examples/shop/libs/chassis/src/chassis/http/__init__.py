"""HTTP: a unit declares a table of routes, and the chassis serves them."""

from chassis.http.routes import (
    ANY,
    OWN,
    Find,
    Get,
    Post,
    Reach,
    Route,
    Search,
    find,
    get,
    post,
    search,
)

__all__ = [
    "ANY",
    "OWN",
    "Find",
    "Get",
    "Post",
    "Reach",
    "Route",
    "Search",
    "find",
    "get",
    "post",
    "search",
]
