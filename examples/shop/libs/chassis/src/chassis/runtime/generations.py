"""Generations of a read model: while one is served, the next is built beside it.

Which one is live, and which is being built, is a document in the store, so every process of the
projection agrees, and a rebuild goes on after all of them were killed.
"""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass, replace

from chassis.store.port import Collection, Commit, Put, Store

COLLECTION = Collection(name="chassis_read_model")
_ID = "read_model"


@dataclass(frozen=True, slots=True, kw_only=True)
class ReadModel:
    """The generations of a read model.

    Attributes:
        live: The generation that queries read.
        building: The generation that is being built; None if none is.
        retired: The generation that was live before; it can be removed.
        paused: Whether no events are applied.
        version: The version of this document.
    """

    live: int = 1
    building: int | None = None
    retired: int | None = None
    paused: bool = False
    version: int = 0

    def rebuild(self) -> ReadModel:
        """Return the read model with a next generation to build; one that is being built stays."""
        if self.building is not None:
            return self
        return replace(self, building=self.live + 1)

    def switched(self) -> ReadModel:
        """Return the read model in which the generation that was built is live."""
        if self.building is None:
            return self
        return replace(self, live=self.building, building=None, retired=self.live)

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
        return ReadModel(**json.loads(stored.data), version=stored.version)

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


def rows_name(generation: int) -> str:
    """Return the collection of the rows of a generation."""
    return "rows" if generation == 1 else f"rows_{generation}"


def group_name(projection: str, generation: int) -> str:
    """Return the consumer group that builds a generation."""
    return projection if generation == 1 else f"{projection}#{generation}"
