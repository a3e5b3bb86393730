"""The HTTP side: routes are declared as a table, the chassis makes an application of them."""

from chassis.http.routes import Find, Get, Post, Route, Search, find, get, post, search

__all__ = ["Find", "Get", "Post", "Route", "Search", "find", "get", "post", "search"]
