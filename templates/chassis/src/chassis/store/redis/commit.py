"""Commits as arguments of the function that writes them, and what it returns."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime, timedelta

from chassis.errors import AlreadyHandled, Conflict, Duplicate
from chassis.store.port import Append, Collection, Commit, Put, Timer
from chassis.store.redis.client import Argument
from chassis.store.redis.documents import to_fields

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND = timedelta(microseconds=1)


def commit_arguments(commit: Commit, collections: Mapping[str, Collection]) -> list[Argument]:
    """Return the arguments for a commit.

    Raises:
        KeyError: The store was not prepared for a collection.
        ValueError: A document has a value that its field cannot have.
    """
    messages = [entry.message for entry in commit.inbox]
    if twice := {each for each in messages if messages.count(each) > 1}:
        raise ValueError(f"twice in one commit: {', '.join(twice)}")
    return list(_arguments(commit, collections))


def outcome_error(
    outcome: list[bytes], collections: Mapping[str, Collection]
) -> AlreadyHandled | Conflict | Duplicate | str | None:
    """Return the error that the outcome of a commit stands for; text if it is one of the server."""
    match [part.decode() for part in outcome]:
        case ["done"]:
            return None
        case ["conflict"]:
            return Conflict()
        case ["handled", *rest]:
            return AlreadyHandled(results(rest))
        case ["duplicate", name, unique]:
            return Duplicate(name, unique_fields(collections[name], unique))
        case [*parts]:
            return " ".join(parts[1:])


def results(parts: list[str]) -> dict[str, str | None]:
    """Return results by message; they are listed as the message and the JSON of its result."""
    return {
        message: json.loads(result) for message, result in zip(parts[::2], parts[1::2], strict=True)
    }


def unique_name(fields: tuple[str, ...]) -> str:
    """Return the name of the unique values of some fields."""
    return ",".join(fields)


def unique_fields(collection: Collection, name: str) -> tuple[str, ...]:
    """Return the fields that are unique by the name `name`; another release may have more."""
    return next((each for each in collection.unique if unique_name(each) == name), (name,))


def microseconds(instant: datetime) -> int:
    """Return the score of a timer: microseconds since 1970, which are exact until 2255."""
    return (instant - _EPOCH) // _MICROSECOND


def read_timer(id: str, data: str) -> Timer:
    """Return the timer that was stored as `data`."""
    values = json.loads(data)
    due = datetime.fromisoformat(values["due"]).astimezone(UTC)
    return Timer(id=id, due=due, handler=values["handler"], data=values["data"])


def _arguments(commit: Commit, collections: Mapping[str, Collection]) -> Iterator[Argument]:
    yield "commit"
    yield len(commit.inbox)
    for entry in commit.inbox:
        yield from (entry.message, json.dumps(entry.result))
    yield len(commit.appends)
    for append in commit.appends:
        yield from _append(append)
    yield len(commit.deletes)
    for delete in commit.deletes:
        yield from (delete.collection, delete.id, delete.expected)
    yield len(commit.puts)
    for put in commit.puts:
        yield from _put(put, collections[put.collection])
    yield len(commit.drop_timers)
    yield from commit.drop_timers
    yield len(commit.set_timers)
    for timer in commit.set_timers:
        data = {"due": timer.due.isoformat(), "handler": timer.handler, "data": timer.data}
        yield from (timer.id, microseconds(timer.due), json.dumps(data))
    yield len(commit.outbox)
    for message in commit.outbox:
        yield from (message.topic, message.subject, message.id, message.type, message.data)


def _append(append: Append) -> Iterator[Argument]:
    yield from (append.stream, append.expected, len(append.events))
    for event in append.events:
        yield from (event.id, event.type, event.data)


def _put(put: Put, collection: Collection) -> Iterator[Argument]:
    if "\0" in put.id:
        raise ValueError(f"{put.collection}: {put.id!r} is not a valid id")
    fields = to_fields(collection, put)
    yield from (put.collection, put.id, put.expected, put.version, len(fields.values))
    for name, text in fields.values:
        yield from (name, text)
    yield len(fields.nulls)
    yield from fields.nulls
