"""HTTP routes as data. This module imports little, because composition roots import it."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from enum import Enum, auto
from types import MappingProxyType
from typing import Literal, TypeAlias

from chassis.messages import Command

_PARAMETER = re.compile(r"{(\w+)}")


class Reach(Enum):
    """How far the access of a role goes, where something has an owner."""

    OWN = auto()
    """To what belongs to the caller."""
    ANY = auto()
    """To everything, whoever the owner is."""


OWN, ANY = Reach.OWN, Reach.ANY

Deprecated: TypeAlias = Mapping[str, date]
"""Former paths, and since when they are deprecated."""
Method: TypeAlias = Literal["POST", "PUT", "PATCH", "DELETE"]
"""The method of a command."""
Roles: TypeAlias = tuple[str, ...] | Mapping[str, Reach]
"""The roles with access. In a tuple all reach their own; an empty one stands for all callers."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Post:
    """A route of a command. Its fields that are not in the path are in the body.

    Attributes:
        path: The path.
        command: The class of the command.
        roles: The roles with access; empty for all callers.
        caller: The fields that are the id of the caller, and not in the body.
        rules: The rules that the command may be refused for.
        creates: Whether the command creates an aggregate whose id is that of the caller.
        upserts: Whether the command may create an aggregate whose id is given.
        method: The method.
        deprecated: Former paths, which are answered, too.
    """

    path: str
    command: type[Command]
    roles: Roles = ()
    caller: tuple[str, ...] = ()
    rules: tuple[str, ...] = ()
    creates: bool = False
    upserts: bool = False
    method: Method = "POST"
    deprecated: Deprecated = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class Get:
    """A route of an aggregate by its id, which is the parameter of the path.

    Attributes:
        path: The path.
        of: The class of the aggregate.
        roles: The roles with access; empty for all callers.
        fields: The fields of the response; empty for all.
    """

    path: str
    of: type
    roles: Roles = ()
    fields: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Search:
    """A route of a page of rows.

    Attributes:
        path: The path.
        of: The class of the rows.
        name: The name of the query, by which clients know the operation; by default the end of the
            path.
        by: The fields that a query must give.
        filter: The fields that a query may give.
        sort: The fields to sort by; a leading `-` means descending.
        page: The largest number of rows.
        owner: The field that must be the caller.
        roles: The roles with access; empty for all callers.
        public: Whether callers need no token.
        live: Whether clients may ask for a stream of events, see `chassis.http.live`.
        deprecated: Former paths, which are answered, too.
    """

    path: str
    of: type
    name: str = ""
    by: tuple[str, ...] = ()
    filter: tuple[str, ...] = ()
    sort: tuple[str, ...] = ()
    page: int = 50
    owner: str | None = None
    roles: Roles = ()
    public: bool = False
    live: bool = False
    deprecated: Deprecated = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class Find:
    """A route of one row; any other number of rows is a 404, and so is a row of another owner.

    The attributes are those of `Search`; the owner may also be a list with the caller in it.
    """

    path: str
    of: type
    name: str = ""
    by: tuple[str, ...]
    owner: str | None = None
    roles: Roles = ()
    public: bool = False
    live: bool = False
    deprecated: Deprecated = field(default_factory=dict)


Route: TypeAlias = Post | Get | Search | Find


def post(
    path: str,
    command: type[Command],
    *,
    roles: Roles = (),
    caller: tuple[str, ...] = (),
    rules: tuple[str, ...] = (),
    creates: bool = False,
    upserts: bool = False,
    method: Method = "POST",
    deprecated: Deprecated = MappingProxyType({}),
) -> Post:
    """Declare `POST path`, or another method, for a command; see `Post`."""
    return Post(
        path=path,
        command=command,
        roles=roles,
        caller=caller,
        rules=rules,
        creates=creates,
        upserts=upserts,
        method=method,
        deprecated=deprecated,
    )


def get(path: str, of: type, *, roles: Roles = (), fields: tuple[str, ...] = ()) -> Get:
    """Declare `GET path` for an aggregate; see `Get`.

    Raises:
        ValueError: The path has not exactly one parameter.
    """
    if len(parameters(path)) != 1:
        raise ValueError(f"{path}: the path of an aggregate has one parameter, its id")
    return Get(path=path, of=of, roles=roles, fields=fields)


def search(
    path: str,
    of: type,
    *,
    name: str = "",
    by: tuple[str, ...] = (),
    filter: tuple[str, ...] = (),
    sort: tuple[str, ...] = (),
    page: int = 50,
    owner: str | None = None,
    roles: Roles = (),
    public: bool = False,
    live: bool = False,
    deprecated: Deprecated = MappingProxyType({}),
) -> Search:
    """Declare `GET path` for a page of rows; see `Search`.

    Raises:
        ValueError: A field is called `page` or `cursor`.
    """
    if {"page", "cursor"} & {*by, *filter}:
        raise ValueError(f"{path}: page and cursor are reserved parameters")
    return Search(
        path=path,
        of=of,
        name=name,
        by=by,
        filter=filter,
        sort=sort,
        page=page,
        owner=owner,
        roles=roles,
        public=public,
        live=live,
        deprecated=deprecated,
    )


def find(
    path: str,
    of: type,
    *,
    name: str = "",
    by: tuple[str, ...],
    owner: str | None = None,
    roles: Roles = (),
    public: bool = False,
    live: bool = False,
    deprecated: Deprecated = MappingProxyType({}),
) -> Find:
    """Declare `GET path` for one row; `owner` is the field that must be the caller."""
    return Find(
        path=path,
        of=of,
        name=name,
        by=by,
        owner=owner,
        roles=roles,
        public=public,
        live=live,
        deprecated=deprecated,
    )


def parameters(path: str) -> tuple[str, ...]:
    """Return the names of the parameters of `path`."""
    return tuple(_PARAMETER.findall(path))
