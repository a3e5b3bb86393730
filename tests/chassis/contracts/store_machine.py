"""Random sequences of writes to a store, through two connections, compared with a model."""

from __future__ import annotations

import asyncio
from collections.abc import Coroutine
from typing import Any, TypeVar

import pytest
from chassis.envelope import Outgoing
from chassis.errors import AlreadyHandled, Conflict
from chassis.store.port import Append, Commit, Pending, Query, Store, Stored
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule

from .store_contract import COLLECTIONS, content, delete, message, put, received

T = TypeVar("T")

IDS = ("a", "b", "c", "d")
STREAMS = ("x", "y")
MESSAGES = tuple(f"m{n}" for n in range(12))

side = st.integers(0, 1)
shift = st.sampled_from([0, 0, 0, 0, 0, 0, 0, 1, -1])  # how wrong an expected version is


class StoreMachine(RuleBasedStateMachine):
    """An adapter's tests inherit this and implement `open`.

    Attributes:
        of_service: Whether the store is one of services; that of read models has no messages.
    """

    of_service = True

    def __init__(self) -> None:
        super().__init__()
        self._runner = asyncio.Runner()
        self._documents: dict[str, tuple[int, Any]] = {}
        self._streams: dict[str, list[Outgoing]] = {stream: [] for stream in STREAMS}
        self._outbox: list[Outgoing] = []
        self._seen: list[Pending] = []  # what a relay has read at any time
        self._inbox: dict[str, tuple[str | None, int]] = {}  # the result and the generation
        self._generation = 0

    def open(self) -> Store:
        """Open the data of this run once more."""
        raise NotImplementedError

    @initialize()
    def open_both(self) -> None:
        self._stores = [self._opened(), self._opened()]

    @rule(
        side=side,
        puts=st.dictionaries(st.sampled_from(IDS), shift, max_size=3),
        deletes=st.dictionaries(st.sampled_from(IDS), shift, max_size=1),
        appends=st.dictionaries(st.sampled_from(STREAMS), shift, max_size=2),
        inbox=st.lists(st.sampled_from(MESSAGES), max_size=3, unique=True),
        result=st.none() | st.text(max_size=3, alphabet="ab"),
        sent=st.integers(0, 3),
    )
    def commit(
        self,
        side: int,
        puts: dict[str, int],
        deletes: dict[str, int],
        appends: dict[str, int],
        inbox: list[str],
        result: str | None,
        sent: int,
    ) -> None:
        commit = Commit(
            puts=tuple(
                put(id, max(self._version(id) + shift, 0) + 1, owner=result)
                for id, shift in puts.items()
            ),
            deletes=tuple(
                delete(id, self._version(id) + shift)
                for id, shift in deletes.items()
                if id not in puts
            ),
            appends=tuple(
                Append(
                    stream=stream,
                    expected=max(len(self._streams[stream]) + shift, 0),
                    events=(message(), message()),
                )
                for stream, shift in appends.items()
                if self.of_service
            ),
            inbox=received(*inbox, result=result),
            outbox=tuple(message() for _ in range(sent if self.of_service else 0)),
        )
        handled = {id: self._inbox[id][0] for id in inbox if id in self._inbox}
        work = self._stores[side].commit(commit)
        if handled:
            with pytest.raises(AlreadyHandled) as raised:
                self._run(work)
            assert raised.value.results == handled
        elif self._conflicts(commit):
            with pytest.raises(Conflict):
                self._run(work)
        else:
            self._run(work)
            self._apply(commit)

    @rule(side=side, limit=st.integers(1, 4))
    def relay_reads(self, side: int, limit: int) -> None:
        self._seen += self._run(self._stores[side].pending(limit=limit))

    @rule(side=side, data=st.data())
    def relay_has_published(self, side: int, data: st.DataObject) -> None:
        """What was read at any time, also long ago."""
        if not self._seen:
            return
        published = data.draw(st.lists(st.sampled_from(self._seen), max_size=4))
        self._run(self._stores[side].published(tuple(each.position for each in published)))
        gone = {pending.message.id for pending in published}
        self._outbox = [message for message in self._outbox if message.id not in gone]

    @rule(side=side, generations=st.integers(0, 2))
    def forget(self, side: int, generations: int) -> None:
        self._run(self._stores[side].forget(generations))
        self._generation += 1
        oldest = self._generation - generations
        self._inbox = {id: entry for id, entry in self._inbox.items() if entry[1] >= oldest}

    @rule(side=side)
    def restart(self, side: int) -> None:
        self._run(self._stores[side].close())
        self._stores[side] = self._opened()

    @invariant()
    def both_agree_with_the_model(self) -> None:
        for store in self._stores:
            found = self._run(store.find(Query(collection="things", limit=100)))
            assert {each.id: (each.version, content(each)) for each in found} == self._documents
            pending = self._run(store.pending(limit=100))
            assert [each.message for each in pending] == self._outbox
            assert [each.position for each in pending] == sorted({p.position for p in pending})
            handled = self._run(store.handled(MESSAGES))
            assert handled == {id: result for id, (result, _) in self._inbox.items()}
            for stream, events in self._streams.items():
                history = self._run(store.history(stream, limit=1000))
                assert list(history) == [event.envelope for event in events]

    def teardown(self) -> None:
        for store in self._stores:
            self._run(store.close())
        self._runner.close()

    def _run(self, work: Coroutine[Any, Any, T]) -> T:
        return self._runner.run(work)

    def _opened(self) -> Store:
        store = self.open()
        self._run(store.prepare(COLLECTIONS))
        return store

    def _version(self, id: str) -> int:
        return self._documents[id][0] if id in self._documents else 0

    def _conflicts(self, commit: Commit) -> bool:
        return (
            any(each.expected != self._version(each.id) for each in commit.puts)
            or any(each.expected != self._version(each.id) for each in commit.deletes)
            or any(each.id not in self._documents for each in commit.deletes)
            or any(each.expected != len(self._streams[each.stream]) for each in commit.appends)
        )

    def _apply(self, commit: Commit) -> None:
        for written in commit.puts:
            stored = Stored(written.id, written.version, written.data)
            self._documents[written.id] = (written.version, content(stored))
        for each in commit.deletes:
            del self._documents[each.id]
        for append in commit.appends:
            self._streams[append.stream] += append.events
        self._outbox += commit.outbox
        for entry in commit.inbox:
            self._inbox[entry.message] = (entry.result, self._generation)
