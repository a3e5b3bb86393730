"""What a group of commits does, one after the other, to what was there before."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TypeAlias

from chassis.errors import AlreadyHandled, Conflict, Duplicate
from chassis.store.cassandra.journal import Intent, State
from chassis.store.cassandra.layout import Document, Key, Layout, Row
from chassis.store.cassandra.reads import Reads
from chassis.store.port import Commit, Delete, Put

Layouts: TypeAlias = Mapping[str, Layout]
Place: TypeAlias = tuple[str, str]  # a collection and an id
Claim: TypeAlias = tuple[str, Key]  # a table of unique values and its key

SHARDS = 4  # partitions of a generation of the inbox


@dataclass(slots=True)
class Group:
    """The state of everything that the commits touch: as it was, and as it becomes.

    Attributes:
        layouts: The tables of the collections.
        before: The documents that were there; None where there was none.
        after: The documents that are there after the commits so far.
        handled: The results of the messages that are handled.
        received: The messages that these commits handle, with their results.
        owners: The ids of the documents that have unique values.
    """

    layouts: Layouts
    before: dict[Place, Document | None]
    handled: dict[str, str | None]
    owners: dict[Claim, str] = field(default_factory=dict)
    after: dict[Place, Document | None] = field(init=False)
    received: dict[str, str | None] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.after = dict(self.before)

    def add(self, commit: Commit) -> None:
        """Take in a commit, or nothing of it.

        Raises:
            AlreadyHandled: Messages were handled before.
            Conflict: A version is not the expected one.
            Duplicate: Another document has the same values in unique fields.
            ValueError: Something cannot be stored.
        """
        messages = (entry.message for entry in commit.inbox)
        if results := {each: self.handled[each] for each in messages if each in self.handled}:
            raise AlreadyHandled(results)
        changes = {
            (put.collection, put.id): self._document(put, self.after.get((put.collection, put.id)))
            for put in commit.puts
        }
        removed: dict[Place, Document | None] = {
            (each.collection, each.id): None for each in commit.deletes
        }
        for change in changed(commit):
            found = self.after.get((change.collection, change.id))
            version = found.version if found else 0
            if version != change.expected or (found is None and not isinstance(change, Put)):
                raise Conflict
        self._claim({**changes, **removed})
        self.after |= {**changes, **removed}
        for entry in commit.inbox:
            self.handled[entry.message] = self.received[entry.message] = entry.result

    def intent(self, state: State) -> Intent:
        """Return what the commits do, if they are written next after `state`."""
        old: dict[tuple[str, Key], Row] = {}
        new: dict[tuple[str, Key], Row] = {}
        for place, document in self.after.items():
            before = self.before[place]
            if document is not before:
                layout = self.layouts[place[0]]
                old |= _rows(layout, before)
                new |= _rows(layout, document)
        new |= _inbox_rows(self.received, state)
        removed = (row for key, row in old.items() if key not in new)
        return Intent(tuple(new.values()), tuple(removed))

    def _document(self, put: Put, before: Document | None) -> Document:
        return self.layouts[put.collection].document(put.id, put.version, put.data, before)

    def _claim(self, changes: Mapping[Place, Document | None]) -> None:
        owners = dict(self.owners)
        for place in changes:
            for claim, _ in claims(self.layouts[place[0]], self.after.get(place)):
                owners.pop(claim, None)
        for (collection, id), document in changes.items():
            for claim, fields in claims(self.layouts[collection], document):
                if owners.setdefault(claim, id) != id:
                    raise Duplicate(collection, fields)
        self.owners = owners


def changed(commit: Commit) -> tuple[Put | Delete, ...]:
    """Return what a commit changes."""
    return (*commit.puts, *commit.deletes)


async def read_group(reads: Reads, layouts: Layouts, commits: Sequence[Commit]) -> Group:
    """Read everything that commits touch."""
    places = dict.fromkeys(
        (change.collection, change.id) for commit in commits for change in changed(commit)
    )
    by_collection: dict[str, list[str]] = {}
    for collection, id in places:
        by_collection.setdefault(collection, []).append(id)
    messages = {entry.message for commit in commits for entry in commit.inbox}
    handled, found = await asyncio.gather(
        reads.handled(messages),
        asyncio.gather(
            *(reads.documents(layouts[name], ids) for name, ids in by_collection.items())
        ),
    )
    before: dict[Place, Document | None] = dict.fromkeys(places)
    for name, documents in zip(by_collection, found, strict=True):
        before |= {(name, id): document for id, document in documents.items()}
    group = Group(layouts, before, handled)
    group.owners = await _owners(reads, layouts, group, commits)
    return group


async def _owners(
    reads: Reads, layouts: Layouts, group: Group, commits: Iterable[Commit]
) -> dict[Claim, str]:
    wanted: dict[Claim, tuple[Layout, int]] = {}
    for put in (put for commit in commits for put in commit.puts):
        layout = layouts[put.collection]
        if not layout.unique:
            continue
        before = group.before[put.collection, put.id]
        try:
            document = layout.document(put.id, put.version, put.data, before)
        except ValueError:
            continue  # this commit will be refused
        for each in (before, document):
            for number, unique in enumerate(layout.unique):
                if each is not None and (key := layout.claim(unique, each)) is not None:
                    wanted[unique.table.name, key] = layout, number
    found = await asyncio.gather(
        *(reads.owner(layout.unique[number], key) for (_, key), (layout, number) in wanted.items())
    )
    return {claim: owner for claim, owner in zip(wanted, found, strict=True) if owner is not None}


def claims(layout: Layout, document: Document | None) -> Iterable[tuple[Claim, tuple[str, ...]]]:
    """Return the unique values of a document, each with its fields."""
    if document is None:
        return
    for unique in layout.unique:
        if (key := layout.claim(unique, document)) is not None:
            yield (unique.table.name, key), unique.fields


def _rows(layout: Layout, document: Document | None) -> dict[tuple[str, Key], Row]:
    if document is None:
        return {}
    return {(row.table, row.key): row for row in layout.rows(document)}


def _inbox_rows(received: Mapping[str, str | None], state: State) -> dict[tuple[str, Key], Row]:
    rows = []
    for message, result in received.items():
        values = {"result": result, "generation": state.generation}
        rows.append(Row("inbox", (("message", message),), values))
        key: Key = (
            ("generation", state.generation),
            ("shard", sum(message.encode()) % SHARDS),
            ("message", message),
        )
        rows.append(Row("inbox_by_generation", key, {"position": state.position + 1}, partition=2))
    return {(row.table, row.key): row for row in rows}
