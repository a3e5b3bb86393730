"""The unit of work: the reads and writes of one request, or of one batch of messages."""

from __future__ import annotations

from collections.abc import Collection, Hashable, Mapping
from dataclasses import replace
from typing import Any

from chassis.envelope import Envelope, Outgoing
from chassis.errors import Conflict
from chassis.store.port import Append, Commit, Delete, Put, Reads, Received, Stored, Timer


class Work:
    """Collects writes until they are committed. Reads see the writes before them.

    See Fowler, Patterns of Enterprise Application Architecture: Unit of Work, Identity Map.

    Attributes:
        patient: Whether the work may wait for ports; a batch of messages must not.
        loaded: What was decoded in this work, e.g. the states of aggregates, by key.
    """

    def __init__(
        self, store: Reads, *, handled: Collection[str] = (), patient: bool = True
    ) -> None:
        """Begin a work.

        Args:
            store: Where to read.
            handled: The ids of messages that are known to have been handled before.
            patient: Whether the work may wait for ports.
        """
        self.patient = patient
        self.loaded: dict[Hashable, Any] = {}
        self._store = store
        self._handled_before = frozenset(handled)
        self._outcomes: list[tuple[int, str, str]] = []
        self._commits: list[Commit] = []
        self._clear()

    def _clear(self) -> None:
        self._documents: dict[tuple[str, str], _Document] = {}
        self._streams: dict[str, Append] = {}
        self._outbox: list[Outgoing] = []
        self._inbox: dict[str, Received] = {}
        self._timers: dict[str, Timer | None] = {}

    async def get(self, collection: str, id: str) -> Stored | None:
        """See `Reads`."""
        if (written := self._documents.get((collection, id))) is not None:
            return written.stored
        return await self._store.get(collection, id)

    async def get_many(self, collection: str, ids: tuple[str, ...]) -> Mapping[str, Stored]:
        """See `Reads`."""
        written = {id: self._documents.get((collection, id)) for id in ids}
        unread = tuple(id for id, document in written.items() if document is None)
        found = dict(await self._store.get_many(collection, unread)) if unread else {}
        found.update((id, d.stored) for id, d in written.items() if d and d.stored)
        return found

    async def history(self, stream: str, *, after: int = 0, limit: int) -> tuple[Envelope, ...]:
        """See `Reads`."""
        appended = self._streams.get(stream)
        if appended is None:
            return await self._store.history(stream, after=after, limit=limit)
        stored: tuple[Envelope, ...] = ()
        if after < appended.expected:
            limit_here = min(limit, appended.expected - after)
            stored = await self._store.history(stream, after=after, limit=limit_here)
        new = appended.events[max(0, after - appended.expected) :]
        return (*stored, *(event.envelope for event in new[: limit - len(stored)]))

    def handled(self, message: str) -> bool:
        """Return whether a message is known to have been handled, before or in this work."""
        return message in self._handled_before or message in self._inbox

    @property
    def mark(self) -> int:
        """The place that `rollback` returns to."""
        return len(self._commits)

    def rollback(self, mark: int) -> None:
        """Discard what was added since `mark`."""
        if mark < len(self._commits):
            self._outcomes = [each for each in self._outcomes if each[0] <= mark]
            kept, self._commits = self._commits[:mark], []
            self.loaded.clear()
            self._clear()
            for commit in kept:
                self.add(commit)

    @property
    def outcomes(self) -> tuple[tuple[str, str], ...]:
        """The types of the commands that were decided, and what came of them."""
        return tuple((type, outcome) for _, type, outcome in self._outcomes)

    def decided(self, type: str, outcome: str) -> None:
        """Note that a command was decided by the last writes that were added."""
        self._outcomes.append((self.mark, type, outcome))

    def add(self, commit: Commit) -> None:
        """Add writes.

        Raises:
            Conflict: They do not follow from the writes before them.
        """
        for put in commit.puts:
            self._put(put)
        for delete in commit.deletes:
            self._delete(delete)
        for append in commit.appends:
            self._append(append)
        self._outbox += commit.outbox
        self._inbox.update((received.message, received) for received in commit.inbox)
        self._timers.update((id, None) for id in commit.drop_timers)
        self._timers.update((timer.id, timer) for timer in commit.set_timers)
        self._commits.append(commit)

    @property
    def changes(self) -> Commit:
        """All writes as one commit; several writes of one document are one."""
        if len(self._commits) == 1:
            return self._commits[0]
        documents = self._documents.items()
        return Commit(
            puts=tuple(
                Put(
                    collection=collection,
                    id=id,
                    data=document.stored.data,
                    expected=document.expected,
                    version=document.stored.version,
                )
                for (collection, id), document in documents
                if document.stored is not None
            ),
            deletes=tuple(
                Delete(collection=collection, id=id, expected=document.expected)
                for (collection, id), document in documents
                if document.stored is None and document.expected
            ),
            appends=tuple(self._streams.values()),
            outbox=tuple(self._outbox),
            inbox=tuple(self._inbox.values()),
            set_timers=tuple(timer for timer in self._timers.values() if timer),
            drop_timers=tuple(id for id, timer in self._timers.items() if timer is None),
        )

    def _put(self, put: Put) -> None:
        stored = Stored(put.id, put.version, put.data)
        self._write(put.collection, put.id, put.expected, stored)

    def _delete(self, delete: Delete) -> None:
        self._write(delete.collection, delete.id, delete.expected, None)

    def _write(self, collection: str, id: str, expected: int, stored: Stored | None) -> None:
        before = self._documents.get((collection, id))
        if before is not None and before.version != expected:
            raise Conflict
        first = expected if before is None else before.expected
        self._documents[collection, id] = _Document(first, stored)

    def _append(self, append: Append) -> None:
        before = self._streams.get(append.stream)
        if before is None:
            self._streams[append.stream] = append
            return
        if before.expected + len(before.events) != append.expected:
            raise Conflict
        self._streams[append.stream] = replace(before, events=before.events + append.events)


class _Document:
    """A written document: the version that the store must have, and what is written."""

    __slots__ = ("expected", "stored")

    def __init__(self, expected: int, stored: Stored | None) -> None:
        self.expected = expected
        self.stored = stored

    @property
    def version(self) -> int:
        return self.stored.version if self.stored else 0
