"""The system that the operator's commands work on: its units, their stores, and the hub."""

from __future__ import annotations

import os
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from functools import cached_property
from pathlib import Path
from typing import Any, TypeAlias

from chassis.dead_letters import DeadLetters
from chassis.embedded import state, topology
from chassis.embedded.paths import ProjectPaths
from chassis.hub.factory import connect_hub
from chassis.hub.port import Hub
from chassis.hub.topics import declare_all
from chassis.identity import identity_of
from chassis.messages import Catalog
from chassis.ops.errors import OpsError
from chassis.process.assignments import is_bff, load
from chassis.projection import MaterializedView
from chassis.runtime import checkpoints, generations
from chassis.service import Service
from chassis.store.factory import open_store
from chassis.store.port import Store

Stateful: TypeAlias = Service | MaterializedView[Any]


class System:
    """A system, opened for one command.

    The environment variables DATA_DIR or STORE_URL, and HUB_URL, say where its stores and its hub
    are; without them those of the embedded mode are used.
    """

    def __init__(self, paths: ProjectPaths, exit: AsyncExitStack) -> None:
        self._paths = paths
        self._exit = exit
        self._topology = topology.load(paths.topology)
        self._stores: dict[str, Store] = {}
        self._hub: Hub | None = None

    @classmethod
    @asynccontextmanager
    async def opened(cls, root: Path) -> AsyncIterator[System]:
        """Yield the system of the project at `root`; its stores and its hub are closed in the end.

        Raises:
            EmbeddedError: There is no project.
        """
        async with AsyncExitStack() as exit:
            yield cls(ProjectPaths(root), exit)

    @cached_property
    def units(self) -> dict[str, Stateful]:
        """The units that have a store, by name."""
        loaded = (load(reference) for reference in self._topology.units.values())
        return {unit.name: unit for unit in loaded if not is_bff(unit)}

    @property
    def messages(self) -> Catalog:
        """The message catalog of the system."""
        return next(iter(self.units.values())).messages

    async def stores(self, name: str | None) -> AsyncIterator[tuple[Stateful, Store]]:
        """Yield the unit `name` with its store, or all units that have one already.

        Raises:
            OpsError: There is no such unit, or it has never run.
        """
        if name is not None:
            yield self.unit(name), await self.store(self.unit(name))
            return
        for unit in self.units.values():
            if self._exists(unit):
                yield unit, await self.store(unit)

    def unit(self, name: str) -> Stateful:
        """Return the unit `name`.

        Raises:
            OpsError: There is no such unit, or it has no store.
        """
        if name not in self.units:
            raise OpsError(f"there is no unit {name!r} with a store: {', '.join(self.units)}")
        return self.units[name]

    async def store(self, unit: Stateful) -> Store:
        """Return the store of a unit, which exists once the unit has run.

        Raises:
            OpsError: The unit has never run.
        """
        if unit.name not in self._stores:
            if not self._exists(unit):
                raise OpsError(
                    f"{unit.name} has no store in {self._data}: run `make up` once, or set DATA_DIR"
                )
            store = open_store(self._data, identity_of(unit), self._store_url)
            self._exit.push_async_callback(store.close)
            await store.prepare(
                (DeadLetters.collection, checkpoints.COLLECTION, generations.COLLECTION)
            )
            self._stores[unit.name] = store
        return self._stores[unit.name]

    async def hub(self) -> Hub:
        """Return the event hub.

        Raises:
            OpsError: The system is not running.
        """
        if self._hub is None:
            self._hub = hub = await connect_hub(self._hub_url(), "ops")
            self._exit.push_async_callback(hub.close)
            await declare_all(hub, self.messages)
        return self._hub

    @property
    def _data(self) -> Path:
        return Path(os.environ.get("DATA_DIR") or self._paths.data)

    @property
    def _store_url(self) -> str:
        return os.environ.get("STORE_URL", "")

    def _exists(self, unit: Stateful) -> bool:
        """Return whether a unit has a store; one on a server is created if it has none."""
        return bool(self._store_url) or (self._data / f"{identity_of(unit)}.db").exists()

    def _hub_url(self) -> str:
        if url := os.environ.get("HUB_URL"):
            return url
        found = state.read(self._paths)
        if found is None or not found.alive:
            raise OpsError("the event hub is not running: run `make up`, or set HUB_URL")
        return found.plan.nats_url
