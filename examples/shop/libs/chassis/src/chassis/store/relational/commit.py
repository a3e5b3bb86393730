"""What a commit writes, as steps. Each is a statement of the database with some rows.

Messages enter the outbox last, under a lock that is held until the end: so positions are in the
order of the commits, and whoever has read up to one of them finds none before it later.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, TypeAlias

from chassis.envelope import Outgoing
from chassis.errors import Conflict
from chassis.store.group_commit import Batch
from chassis.store.port import Append, Commit, Delete, Put, Received, Timer
from chassis.store.sql.dialect import Dialect
from chassis.store.sql.documents import is_uuid
from chassis.store.sql.tables import DocumentTable

Row: TypeAlias = tuple[Any, ...]

COLUMNS: Mapping[str, tuple[str, ...]] = {
    "receive": ("message", "result"),
    "append": ("stream", "expected", "version", "id", "type", "envelope"),
    "set_timers": ("id", "due_at", "handler", "data"),
    "send": ("topic", "subject", "id", "type", "envelope"),
}


@dataclass(frozen=True, slots=True)
class Lock:
    """Locks the outbox until the end of the transaction."""


@dataclass(frozen=True, slots=True)
class Remove:
    """Removes what is there of a list: `published` positions, or timers (`drop_timers`)."""

    name: str
    values: list[Any]


@dataclass(frozen=True, slots=True)
class Add:
    """Writes rows with `COLUMNS[name]`. If it is `exact`, all of them must be written."""

    name: str
    rows: list[Row]
    exact: bool = True


@dataclass(frozen=True, slots=True)
class WriteDocuments:
    """Writes documents, all of which are new, or none."""

    table: DocumentTable
    puts: list[Put]
    new: bool


@dataclass(frozen=True, slots=True)
class RemoveDocuments:
    """Removes documents."""

    table: DocumentTable
    deletes: list[Delete]


Step: TypeAlias = Lock | Remove | Add | WriteDocuments | RemoveDocuments


def row_count(step: Step) -> int | None:
    """Return how many rows a step must write; None for any number."""
    match step:
        case Add(_, rows, True):
            return len(rows)
        case WriteDocuments(_, puts, _):
            return len(puts)
        case RemoveDocuments(_, deletes):
            return len(deletes)
    return None


def steps(batch: Batch, tables: Mapping[str, DocumentTable], dialect: Dialect) -> Iterator[Step]:
    """Return the steps in the same order for all writers, so that locks are, too.

    Raises:
        Conflict: A document to remove cannot exist.
        ValueError: A document cannot have its id.
    """
    commits = batch.commits
    if batch.published:
        yield Remove("published", list(batch.published))
    if inbox := [entry for commit in commits for entry in commit.inbox]:
        yield Add("receive", _inbox_rows(inbox, dialect))
    if appends := [append for commit in commits for append in commit.appends]:
        yield Add("append", _event_rows(appends, dialect))
    yield from _document_steps(commits, tables)
    if ids := [dialect.text(id) for commit in commits for id in commit.drop_timers]:
        yield Remove("drop_timers", ids)
    if timers := {timer.id: timer for commit in commits for timer in commit.set_timers}:
        yield Add("set_timers", _timer_rows(timers.values(), dialect), exact=False)
    if outbox := [message for commit in commits for message in commit.outbox]:
        yield Lock()
        yield Add("send", _message_rows(outbox, dialect), exact=False)


def _document_steps(
    commits: Iterable[Commit], tables: Mapping[str, DocumentTable]
) -> Iterator[Step]:
    """Return deletes, then changes, then new documents, which may take over unique values."""
    puts: dict[tuple[str, bool], list[Put]] = {}
    deletes: dict[str, list[Delete]] = {}
    for commit in commits:
        for put in commit.puts:
            _check_id(tables, put)
            puts.setdefault((put.collection, put.expected == 0), []).append(put)
        for delete in commit.deletes:
            _check_id(tables, delete)
            deletes.setdefault(delete.collection, []).append(delete)
    for name, removed in sorted(deletes.items()):
        yield RemoveDocuments(tables[name], sorted(removed, key=lambda delete: delete.id))
    for (name, new), group in sorted(puts.items()):
        yield WriteDocuments(tables[name], sorted(group, key=lambda put: put.id), new)


def _check_id(tables: Mapping[str, DocumentTable], change: Put | Delete) -> None:
    if tables[change.collection].has_uuids and not is_uuid(change.id):
        if isinstance(change, Delete):
            raise Conflict  # there is none
        raise ValueError(f"{change.collection}: {change.id!r} is not a UUID in canonical form")


def _inbox_rows(inbox: Iterable[Received], dialect: Dialect) -> list[Row]:
    text = dialect.text
    rows = [(text(each.message), each.result and text(each.result)) for each in inbox]
    return sorted(rows, key=lambda row: row[0])


def _event_rows(appends: Iterable[Append], dialect: Dialect) -> list[Row]:
    return [
        (dialect.text(append.stream), append.expected, version, event.id, event.type, event.data)
        for append in sorted(appends, key=lambda append: append.stream)
        for version, event in enumerate(append.events, append.expected + 1)
    ]


def _timer_rows(timers: Iterable[Timer], dialect: Dialect) -> list[Row]:
    text = dialect.text
    return [
        (text(timer.id), timer.due, text(timer.handler), text(timer.data))
        for timer in sorted(timers, key=lambda timer: timer.id)
    ]


def _message_rows(messages: Iterable[Outgoing], dialect: Dialect) -> list[Row]:
    text = dialect.text
    return [
        (text(each.topic), text(each.subject), text(each.id), text(each.type), each.data)
        for each in messages
    ]
