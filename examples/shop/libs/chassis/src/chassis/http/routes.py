"""What a unit answers over HTTP, as data. Light on purpose: a composition root imports it."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TypeAlias

from chassis.messages import Command

_PARAMETER = re.compile(r"{(\w+)}")


@dataclass(frozen=True, slots=True, kw_only=True)
class Post:
    """A command. Fields of it that are not in the path are in the body."""

    path: str
    command: type[Command]
    roles: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Get:
    """An aggregate by its id, which is the path's parameter."""

    path: str
    of: type
    roles: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Search:
    """A page of rows. `by` must be given in the query, `filter` may be.

    `-` before a field of `sort`: descending. `page`: how many rows at most.
    """

    path: str
    of: type
    by: tuple[str, ...] = ()
    filter: tuple[str, ...] = ()
    sort: tuple[str, ...] = ()
    page: int = 50
    owner: str | None = None
    roles: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Find:
    """Exactly one row, or 404."""

    path: str
    of: type
    by: tuple[str, ...]
    owner: str | None = None
    roles: tuple[str, ...] = ()


Route: TypeAlias = Post | Get | Search | Find


def post(path: str, command: type[Command], *, roles: tuple[str, ...] = ()) -> Post:
    """`POST path` carries out `command`; callers need one of `roles`, if any are given."""
    return Post(path=path, command=command, roles=roles)


def get(path: str, of: type, *, roles: tuple[str, ...] = ()) -> Get:
    """`GET path` answers the aggregate `of`."""
    if len(parameters(path)) != 1:
        raise ValueError(f"{path}: an aggregate is read by one path parameter, its id")
    return Get(path=path, of=of, roles=roles)


def search(
    path: str,
    of: type,
    *,
    by: tuple[str, ...] = (),
    filter: tuple[str, ...] = (),
    sort: tuple[str, ...] = (),
    page: int = 50,
    owner: str | None = None,
    roles: tuple[str, ...] = (),
) -> Search:
    """`GET path` answers a page of rows; `owner`: the field that must be the caller."""
    if {"page", "cursor"} & {*by, *filter}:
        raise ValueError(f"{path}: page and cursor have a meaning of their own in a query")
    return Search(
        path=path, of=of, by=by, filter=filter, sort=sort, page=page, owner=owner, roles=roles
    )


def find(
    path: str,
    of: type,
    *,
    by: tuple[str, ...],
    owner: str | None = None,
    roles: tuple[str, ...] = (),
) -> Find:
    """`GET path` answers the one row of `by`; `owner`: the field that must be the caller."""
    return Find(path=path, of=of, by=by, owner=owner, roles=roles)


def parameters(path: str) -> tuple[str, ...]:
    """The names of the parameters of `path`."""
    return tuple(_PARAMETER.findall(path))
