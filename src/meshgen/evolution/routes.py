"""The HTTP API: which requests of yesterday's clients are answered differently today."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from meshgen.evolution.version import Version, both, gone
from meshgen.identities.table import Path
from meshgen.naming import url_prefix
from meshgen.spec.diagnostics import NOWHERE, Finding, Position
from meshgen.spec.model import Bff, Command, Projection, Query, Service, Stream
from meshgen.spec.routes import aggregate_path, read_roles

_Unit = Service | Projection | Stream | Bff


@dataclass(frozen=True, slots=True)
class _Route:
    """A route of a unit.

    Attributes:
        text: The method and the path; of a backend-for-frontend, below its prefix.
        roles: Those that may use it; everybody if there are none.
        for_owner: Whether only the owner may.
        unrestricted: The roles that may use it although it is for the owner.
        at: Where it is in the spec.
        public: Whether callers need no token.
        live: Whether clients may ask for a stream of events.
        fields: The fields that are shown, if not all of them are.
        sent: The fields that clients send.
        from_caller: The fields that clients do not send, because they are the caller.
        can_be_kept: Whether the spec can say that it is deprecated.
    """

    text: str
    roles: tuple[str, ...]
    for_owner: bool
    unrestricted: tuple[str, ...]
    at: Position
    public: bool = False
    live: bool = False
    sent: tuple[str, ...] = ()
    from_caller: tuple[str, ...] = ()
    can_be_kept: bool = False
    fields: tuple[str, ...] = ()

    @property
    def seen(self) -> str:
        """The route as clients see it, who do not know the names of parameters."""
        return re.sub(r"\{\w+\}", "{}", self.text)

    @property
    def path(self) -> str:
        """The path as clients see it."""
        return self.seen.rpartition(" ")[2]


def route_notices(before: Version, after: Version) -> Iterator[Finding]:
    """Return the routes that are gone, and those that fewer callers may use.

    Of a service or a projection that is gone as a whole, `losses` tells.
    """
    units = _units(before), _units(after)
    for unit in gone(*units):
        if isinstance(unit, Bff):
            yield Finding(
                NOWHERE, f"the backend-for-frontend `{unit.name}` is gone: its clients get 404"
            )
    for old, new in both(*units):
        was, is_ = url_prefix(old.name), url_prefix(new.name)
        if isinstance(new, Bff) and was != is_:
            yield Finding(
                new.at,
                f"all paths of `{new.name}` begin with `{is_}`: clients that use `{was}` get 404",
            )
        yield from _changed(old, new, before, after)


def _changed(old: _Unit, new: _Unit, before: Version, after: Version) -> Iterator[Finding]:
    routes = dict(_routes(old, before)), dict(_routes(new, after))
    seen = {route.seen for route in routes[1].values()}
    for route in gone(*routes):
        if route.seen not in seen:
            yield Finding(new.at, f"`{route.text}` of `{new.name}` is gone: its clients get 404")
    for was, is_ in both(*routes):
        if was.seen not in seen:
            status = 405 if was.path == is_.path else 404
            yield Finding(
                is_.at,
                f"`{was.text}` is `{is_.text}` now: its clients get {status}",
                _keeping(was, is_),
            )
        if was.public and not is_.public:
            yield Finding(
                is_.at, f"`{is_.text}` is not public any more: clients without a token get 401"
            )
        if was.live and not is_.live:
            yield Finding(
                is_.at, f"`{is_.text}` is not live any more: clients get one answer, and no stream"
            )
        lost = set(was.roles) - set(is_.roles) if was.roles else {"everybody else"}
        if is_.roles and lost:
            yield Finding(
                is_.at,
                f"`{is_.text}` is only for {_listed(is_.roles)}: {_listed(lost)} may not use it "
                "any more",
            )
        yield from _restricted(was, is_)
        if is_.fields and set(was.fields or ("everything",)) - set(is_.fields):
            yield Finding(is_.at, f"`{is_.text}` shows only {_listed(is_.fields)} now")
        if filled := set(is_.from_caller) & set(was.sent):
            yield Finding(
                is_.at, f"`{is_.text}` fills {_listed(filled)} itself: clients that send it get 422"
            )


def _keeping(was: _Route, is_: _Route) -> str | None:
    """Return how yesterday's path is kept, where that can be said."""
    (method, _, path), (now, _, _) = was.text.partition(" "), is_.text.partition(" ")
    if not was.can_be_kept or method != now:
        return None
    return f'`deprecated: {{"{path}": <date>}}` keeps the old path'


def _restricted(was: _Route, is_: _Route) -> Iterator[Finding]:
    """Return who reaches only what belongs to them from now on."""
    if is_.for_owner and not was.for_owner:
        others = f" and {_listed(is_.unrestricted)}" if is_.unrestricted else ""
        yield Finding(is_.at, f"`{is_.text}` is only for the owner{others} now")
    elif lost := set(was.unrestricted) & set(is_.roles) - set(is_.unrestricted):
        yield Finding(
            is_.at, f"`{is_.text}`: {_listed(lost)} may use it only for what belongs to them now"
        )


def _units(version: Version) -> dict[Path, _Unit]:
    return {
        **version.services(),
        **version.projections(),
        **version.streams(),
        **version.bffs(),
    }


def _routes(unit: _Unit, version: Version) -> Iterator[tuple[Path, _Route]]:
    """Return the routes of a unit by the identities of what they are for."""
    match unit:
        case Service():
            yield from _of_aggregates(unit, version)
            yield from _of_queries(("services", unit.name), unit.queries, version)
            for own in unit.routes:
                yield (own.path,), _Route(own.path, (), False, (), own.at, own.public)
        case Projection():
            yield from _of_queries(("projections", unit.name), unit.queries, version)
        case Stream():
            yield from _of_queries(("streams", unit.name), unit.queries, version)
        case Bff():
            for endpoint in unit.endpoints:
                route = _Route(endpoint.route, (), False, (), endpoint.at, endpoint.public)
                yield (route.seen,), route


def _of_aggregates(service: Service, version: Version) -> Iterator[tuple[Path, _Route]]:
    above = ("services", service.name)
    for aggregate in service.aggregates:
        roles, owned = read_roles(aggregate), aggregate.owner is not None
        if roles is not None:
            path = version.identities.path(*above, "aggregates", aggregate.name)
            text = f"GET {aggregate_path(aggregate)}"
            unrestricted = aggregate.reading.unrestricted if aggregate.reading else ()
            shown = aggregate.reading.fields if aggregate.reading else ()
            yield path, _Route(text, roles, owned, unrestricted, aggregate.at, fields=shown)
        for command in aggregate.commands:
            if command.roles is not None:
                path = version.identities.path(*above, "commands", command.name)
                text = f"{command.method} {command.path}"
                yield (
                    path,
                    _Route(
                        text,
                        command.roles,
                        owned,
                        command.unrestricted,
                        command.at,
                        sent=tuple(
                            field.name
                            for field in command.input
                            if field.name not in command.from_caller
                        ),
                        from_caller=command.from_caller,
                        can_be_kept=True,
                    ),
                )
                yield from _of_former(command.method, command)


def _of_queries(
    above: Path, queries: Iterable[Query], version: Version
) -> Iterator[tuple[Path, _Route]]:
    for query in queries:
        path = version.identities.path(*above, "queries", query.name)
        text = f"GET {query.path}"
        owned, unrestricted = query.owner is not None, query.unrestricted
        yield (
            path,
            _Route(
                text,
                query.roles or (),
                owned,
                unrestricted,
                query.at,
                public=query.public,
                live=query.live,
                can_be_kept=True,
            ),
        )
        yield from _of_former("GET", query)


def _of_former(method: str, of: Command | Query) -> Iterator[tuple[Path, _Route]]:
    for former in of.deprecated:
        route = _Route(f"{method} {former.path}", (), False, (), of.at)
        yield (route.seen,), route


def _listed(names: Iterable[str]) -> str:
    return ", ".join(f"`{name}`" if " " not in name else name for name in sorted(names))
