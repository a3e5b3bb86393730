"""Generations of a read model: while one is served, the next is built beside it.

Which one is live, and which is being built, is a document in the store, so every process of the
projection agrees, and a rebuild goes on after all of them were killed.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, replace
from typing import Any

from chassis import names
from chassis.identity import identity_of
from chassis.projection import MaterializedView
from chassis.runtime.patterns import patterns
from chassis.runtime.rows import Rows
from chassis.store.port import Collection, Commit, Field, Kind, Put, Store

COLLECTION = Collection(
    name="chassis_read_model",
    fields=(
        Field("live", Kind.INTEGER),
        Field("building", Kind.INTEGER, optional=True),
        Field("retired", Kind.INTEGER, optional=True),
        Field("paused", Kind.BOOLEAN),
        Field("history", Kind.JSON, optional=True),
    ),
)
_ID = "read_model"


@dataclass(frozen=True, slots=True, kw_only=True)
class History:
    """Events from event stores, which a generation reads before the log of the event hub.

    Attributes:
        topic: Where they are published to.
        after: The last stream that was published, by aggregate.
        complete: Whether all of them are published.
    """

    topic: str
    after: Mapping[str, str] = field(default_factory=dict)
    complete: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class ReadModel:
    """The generations of a read model.

    Attributes:
        live: The generation that queries read.
        building: The generation that is being built; None if none is.
        retired: The generation that was live before; it can be removed.
        paused: Whether no events are applied.
        history: What the generation that is being built reads first; None if nothing.
        version: The version of this document.
    """

    live: int = 1
    building: int | None = None
    retired: int | None = None
    paused: bool = False
    history: History | None = None
    version: int = 0

    def rebuild(self, history: History | None = None) -> ReadModel:
        """Return the read model with a next generation to build; one that is being built stays."""
        if self.building is not None:
            return self
        return replace(self, building=self.live + 1, history=history)

    def switched(self) -> ReadModel:
        """Return the read model in which the generation that was built is live."""
        if self.building is None:
            return self
        return replace(self, live=self.building, building=None, retired=self.live)

    def history_of(self, generation: int) -> History | None:
        """Return what a generation reads first, if it has not read it yet."""
        return self.history if generation == self.building else None

    @property
    def generations(self) -> tuple[int, ...]:
        """The generations that events are applied to."""
        if self.paused:
            return ()
        return (self.live,) if self.building is None else (self.live, self.building)


class ReadModels:
    """The document of a projection's store."""

    def __init__(self, store: Store) -> None:
        self._store = store

    async def load(self) -> ReadModel:
        """Return the read model as it is now."""
        stored = await self._store.get(COLLECTION.name, _ID)
        if stored is None:
            return ReadModel()
        fields = json.loads(stored.data)
        if fields.get("history") is not None:
            fields["history"] = History(**fields["history"])
        return ReadModel(**fields, version=stored.version)

    async def save(self, model: ReadModel) -> None:
        """Write a read model that follows from the one that was loaded.

        Raises:
            Conflict: Another process was faster.
        """
        data = asdict(model)
        version = data.pop("version")
        put = Put(
            collection=COLLECTION.name,
            id=_ID,
            data=json.dumps(data),
            expected=version,
            version=version + 1,
        )
        await self._store.commit(Commit(puts=(put,)))


def rows_of(view: MaterializedView[Any], generation: int, store: Store) -> Rows[Any]:
    """Return the rows of a generation."""
    return Rows(
        store,
        names.read_model(identity_of(view)).generation(generation),
        view.row,
        keys=view.row_keys,
        id=view.row_id,
        patterns=[
            (view.row_key.partition, view.row_key.cluster),
            *patterns(view.routes, view.row),
        ],
    )


def group_name(view: str, generation: int) -> str:
    """Return the consumer group that builds a generation."""
    return view if generation == 1 else f"{view}#{generation}"
