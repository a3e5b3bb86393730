"""HTTP: a unit declares a table of routes, and the chassis serves them."""

from chassis.http.routes import Find, Get, Post, Route, Search, find, get, post, search

__all__ = ["Find", "Get", "Post", "Route", "Search", "find", "get", "post", "search"]
