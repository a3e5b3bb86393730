"""Where everything is found over HTTP: at the gateway as in its unit.

Resources have the names of what they are collections of (RFC 9110, 3.1), and not of the unit that
has them: `POST /orders`, `GET /orders/{order_id}`, `POST /orders/{order_id}/cancel`. The name of
the service comes before it only where two units would meet.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import replace

from meshgen.naming import collection_path, kebab, split_words, url_prefix
from meshgen.spec.model import Aggregate, Command, Projection, Query, Service, Spec, Stream
from meshgen.spec.types import UUID


def with_paths(spec: Spec) -> Spec:
    """Return `spec` with the paths of its aggregates, commands and queries that it does not say."""
    names = (each.name for units in (spec.services, spec.views, spec.bffs) for each in units)
    taken = Counter(map(url_prefix, names))
    taken.update(
        a.path or collection_path(a.name) for service in spec.services for a in service.aggregates
    )
    return replace(
        spec,
        services=tuple(_service(service, taken) for service in spec.services),
        projections=tuple(_projection(projection) for projection in spec.projections),
        streams=tuple(_stream(stream) for stream in spec.streams),
    )


def _service(service: Service, taken: Counter[str]) -> Service:
    prefix = url_prefix(service.name)

    def collection(aggregate: Aggregate) -> str:
        if aggregate.path:
            return aggregate.path
        path = collection_path(aggregate.name)
        return prefix + path if taken[path] - (path == prefix) > 1 else path

    paths = {aggregate.name: collection(aggregate) for aggregate in service.aggregates}
    listed = {query.of: query.name for query in reversed(service.queries) if query.page}
    return replace(
        service,
        aggregates=tuple(_aggregate(each, paths[each.name]) for each in service.aggregates),
        queries=tuple(
            replace(query, path=_query(query, paths[query.of], listed.get(query.of)))
            for query in service.queries
            if query.of
        ),
    )


def _aggregate(aggregate: Aggregate, collection: str) -> Aggregate:
    verbs = _verbs(aggregate)
    creating = next((c.name for c in aggregate.commands if c.mode == "creates" and c.roles), None)
    one = f"{collection}/{{{aggregate.id}}}"

    def path(command: Command) -> str:
        if command.path:
            return command.path
        if command.name == creating:
            return collection
        has_no_id = command.mode == "creates" or aggregate.id in command.from_caller
        return f"{collection if has_no_id else one}/{verbs[command.name]}"

    commands = tuple(replace(command, path=path(command)) for command in aggregate.commands)
    return replace(aggregate, path=collection, commands=commands)


def _verbs(aggregate: Aggregate) -> dict[str, str]:
    """Return what is done by each command: `CancelOrder` of an `Order` -> `cancel`.

    Where two would be the same, the whole names are.
    """
    noun = [word.lower() for word in split_words(aggregate.name)]
    short = {command.name: _without(kebab(command.name), noun) for command in aggregate.commands}
    often = Counter(short.values())
    return {name: verb if often[verb] == 1 else kebab(name) for name, verb in short.items()}


def _without(name: str, noun: list[str]) -> str:
    words = name.split("-")
    rest = words[: -len(noun)]
    return "-".join(rest) if rest and words[-len(noun) :] == noun else name


def _projection(projection: Projection) -> Projection:
    by_key = (projection.id,)
    types = {field.name: field.type for field in projection.row}
    found = (q.name for q in projection.queries if not q.page and q.by == by_key)
    single = next(found, None) if types[projection.id] == UUID else None
    base = url_prefix(projection.name)
    queries = tuple(
        replace(query, path=query.path or f"{base}/{{{projection.id}}}")
        if query.name == single
        else query
        for query in projection.queries
    )
    return replace(projection, queries=tuple(_of_rows(queries, base)))


def _stream(stream: Stream) -> Stream:
    return replace(stream, queries=tuple(_of_rows(stream.queries, url_prefix(stream.name))))


def _of_rows(queries: tuple[Query, ...], base: str) -> Iterable[Query]:
    listed = next((query.name for query in queries if query.page), None)
    return (replace(query, path=_query(query, base, listed)) for query in queries)


def _query(query: Query, collection: str, listed: str | None) -> str:
    """Return the path of a query; the first one that gives a page is the collection's own."""
    if query.path:
        return query.path
    return collection if query.name == listed else f"{collection}/{kebab(query.name)}"
