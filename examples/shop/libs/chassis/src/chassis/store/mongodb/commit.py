"""What a commit writes to MongoDB, in one transaction.

The first write counts up the position of the outbox. It conflicts with that of any transaction that
has not ended yet, so positions are in the order of the commits, and whoever has read up to one of
them finds none before it later.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import UTC
from itertools import groupby
from typing import NoReturn
from uuid import UUID

from bson import Binary, Int64
from pymongo import DeleteOne, InsertOne, ReplaceOne, ReturnDocument, UpdateOne
from pymongo.asynchronous.client_session import AsyncClientSession
from pymongo.errors import BulkWriteError

from chassis.envelope import Outgoing
from chassis.errors import AlreadyHandled, Conflict, Duplicate, StoreLost
from chassis.store.group_commit import Batch
from chassis.store.mongodb.client import Database
from chassis.store.mongodb.documents import ID, MICROS, Document, Documents
from chassis.store.mongodb.scalars import split
from chassis.store.mongodb.schema import EVENTS, INBOX, META, OUTBOX, STORE, TIMERS, WRITERS
from chassis.store.mongodb.values import to_bson
from chassis.store.port import Append, Commit, Delete, Put, Received, Timer

_DUPLICATE_KEY = 11000


@dataclass(frozen=True, slots=True, kw_only=True)
class Mark:
    """What a transaction leaves, so that its writer can find out whether it was committed.

    Attributes:
        writer: The writer, of which there is one in each process.
        session: Its session.
        transaction: The number of the transaction, which begins at 1.
    """

    writer: UUID
    session: Binary
    transaction: int


class Writes:
    """Writes batches to the database of a unit."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._documents: dict[str, Documents] = {}
        self.store: UUID | None = None

    def add(self, documents: Documents) -> None:
        """Add a collection."""
        self._documents[documents.collection.name] = documents

    async def write(self, session: AsyncClientSession, batch: Batch, mark: Mark) -> None:
        """Write a batch in the transaction of `session`. The caller ends it.

        Raises:
            AlreadyHandled: Messages were handled before.
            Conflict: A version is not the expected one.
            Duplicate: Another document has the same values in unique fields.
            StoreLost: The database was removed or replaced.
        """
        commits = batch.commits
        outbox = [message for commit in commits for message in commit.outbox]
        meta = await self._begin(session, len(outbox), mark)
        if batch.published:
            gone = {"$or": list(_ranges(batch.published))}
            await self._database[OUTBOX].delete_many(gone, session=session)
        if inbox := [entry for commit in commits for entry in commit.inbox]:
            await self._receive(session, inbox, meta["generation"])
        if appends := [append for commit in commits for append in commit.appends]:
            await self._append(session, appends)
        await self._write_documents(session, commits)
        await self._write_timers(session, commits)
        if outbox:
            first = meta["position"] - len(outbox) + 1
            messages = [_message(position, each) for position, each in enumerate(outbox, first)]
            await self._database[OUTBOX].insert_many(messages, session=session)

    async def leave(self, mark: Mark, session: AsyncClientSession | None = None) -> None:
        """Leave a mark, in the transaction of `session` if there is one."""
        changes = {
            "$set": {"transaction": Int64(mark.transaction), "session": mark.session},
            "$currentDate": {"at": True},
        }
        writers = self._database[WRITERS]
        await writers.update_one({ID: mark.writer}, changes, upsert=True, session=session)

    async def is_committed(self, mark: Mark) -> bool:
        """Return whether a transaction was committed, of which no server has one in progress."""
        found = await self._database[WRITERS].find_one({ID: mark.writer})
        return found is not None and found["transaction"] == mark.transaction

    async def _begin(self, session: AsyncClientSession, messages: int, mark: Mark) -> Document:
        """Return the `meta` document, with as many positions more as there are messages."""
        this = STORE if self.store is None else {**STORE, "store": self.store}
        if messages:
            meta = await self._database[META].find_one_and_update(
                this,
                {"$inc": {"position": Int64(messages)}},
                return_document=ReturnDocument.AFTER,
                session=session,
            )
        else:
            meta = await self._database[META].find_one(this, session=session)
        if meta is None:
            raise StoreLost(f"{self._database.name}: it was removed or replaced by another one")
        await self.leave(mark, session)
        return dict(meta)

    async def _receive(
        self, session: AsyncClientSession, inbox: list[Received], generation: int
    ) -> None:
        entries = [
            {ID: each.message, "result": each.result, "generation": generation}
            for each in sorted(inbox, key=lambda each: each.message)
        ]
        try:
            await self._database[INBOX].insert_many(entries, session=session)
        except BulkWriteError as error:
            if _duplicate(error) is None:
                raise
            await session.abort_transaction()  # the messages are looked up as they are now
            if results := await self.handled([each.message for each in inbox]):
                raise AlreadyHandled(results) from None
            raise Conflict from None  # they have just been forgotten

    async def handled(self, messages: Iterable[str]) -> dict[str, str | None]:
        """Return the recorded results of messages, by id."""
        found = self._database[INBOX].find({ID: {"$in": list(messages)}})
        return {entry[ID]: entry["result"] async for entry in found}

    async def _append(self, session: AsyncClientSession, appends: list[Append]) -> None:
        collection = self._database[EVENTS]
        last = [
            {"stream": append.stream, "version": append.expected}
            for append in appends
            if append.expected and append.events
        ]
        if last and await collection.count_documents({"$or": last}, session=session) < len(last):
            raise Conflict
        events = [
            _event(append.stream, version, event)
            for append in sorted(appends, key=lambda append: append.stream)
            for version, event in enumerate(append.events, append.expected + 1)
        ]
        if not events:
            return
        try:
            await collection.insert_many(events, session=session)
        except BulkWriteError as error:
            if _duplicate(error) is None:
                raise
            raise Conflict from None

    async def _write_documents(
        self, session: AsyncClientSession, commits: Iterable[Commit]
    ) -> None:
        """Write deletes, then changes, then new documents, which may take over unique values."""
        changes: dict[str, list[tuple[int, Put | Delete]]] = {}
        for commit in commits:
            for put in commit.puts:
                changes.setdefault(put.collection, []).append((2 if put.expected == 0 else 1, put))
            for delete in commit.deletes:
                changes.setdefault(delete.collection, []).append((0, delete))
        for name, group in sorted(changes.items()):  # all writers in the same order
            group.sort(key=lambda change: (change[0], change[1].id))
            documents = self._documents[name]
            operations = [_operation(documents, change) for _, change in group]
            try:
                done = await self._database[name].bulk_write(operations, session=session)
            except BulkWriteError as error:
                await self._refuse(session, documents, error)
            if done.deleted_count + done.matched_count + done.inserted_count < len(group):
                raise Conflict

    async def _refuse(
        self, session: AsyncClientSession, documents: Documents, error: BulkWriteError
    ) -> NoReturn:
        """Raise what a refused write of a document means.

        A new one whose id exists may have been refused by any index.
        """
        duplicate = _duplicate(error)
        if duplicate is None:
            raise error
        await session.abort_transaction()
        written = error.details["writeErrors"][0]["op"]
        name = documents.collection.name
        if ID in written and await self._database[name].find_one({ID: written[ID]}, {ID: 1}):
            raise Conflict from None
        for keys in documents.collection.unique:
            if duplicate == {path for key in keys for path in documents.paths(key)}:
                raise Duplicate(name, keys) from None
        raise Conflict from None

    async def _write_timers(self, session: AsyncClientSession, commits: Iterable[Commit]) -> None:
        dropped = {id for commit in commits for id in commit.drop_timers}
        set_ = {timer.id: timer for commit in commits for timer in commit.set_timers}
        operations: list[DeleteOne | ReplaceOne[Document]] = [
            *(DeleteOne({ID: id}) for id in sorted(dropped)),
            *(ReplaceOne({ID: id}, _timer(each), upsert=True) for id, each in sorted(set_.items())),
        ]
        if operations:
            await self._database[TIMERS].bulk_write(operations, session=session)


def _operation(
    documents: Documents, change: Put | Delete
) -> DeleteOne | UpdateOne | InsertOne[Document]:
    if isinstance(change, Delete):
        return documents.delete(change)
    return documents.update(change) if change.expected else documents.insert(change)


def _ranges(positions: Iterable[int]) -> Iterator[Document]:
    """Return filters of positions, which mostly follow each other."""
    numbered = enumerate(sorted(set(positions)))
    for _, run in groupby(numbered, lambda pair: pair[1] - pair[0]):
        consecutive = [position for _, position in run]
        yield {ID: {"$gte": Int64(consecutive[0]), "$lte": Int64(consecutive[-1])}}


def _duplicate(error: BulkWriteError) -> set[str] | None:
    """Return the paths of the unique index that has refused a write; None if none has."""
    for each in error.details.get("writeErrors", ()):
        if each["code"] == _DUPLICATE_KEY:
            return set(each.get("keyPattern", ()))
    return None


def _event(stream: str, version: int, event: Outgoing) -> Document:
    return {
        "stream": stream,
        "version": Int64(version),
        "id": event.id,
        "type": event.type,
        "event": to_bson(json.loads(event.data)),
    }


def _message(position: int, message: Outgoing) -> Document:
    return {
        ID: Int64(position),
        "topic": message.topic,
        "subject": message.subject,
        "id": message.id,
        "type": message.type,
        "data": Binary(message.data),
    }


def _timer(timer: Timer) -> Document:
    due, micros = split(timer.due.astimezone(UTC))
    more = {MICROS: {"due": micros}} if micros else {}
    return {"due": due, **more, "handler": timer.handler, "data": timer.data}
