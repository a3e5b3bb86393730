"""The system that the operator's commands work on: its units, their stores, and the hub."""

from __future__ import annotations

import os
from collections.abc import AsyncIterator, Mapping
from contextlib import AsyncExitStack, asynccontextmanager
from functools import cached_property
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Any, TypeAlias

from chassis.dead_letters import DeadLetters
from chassis.hub.factory import connect_hub
from chassis.hub.port import Hub
from chassis.hub.topics import declare_all
from chassis.identity import identity_of
from chassis.messages import Catalog
from chassis.ops.declared import Declared
from chassis.ops.errors import OpsError
from chassis.process.assignments import is_bff, load
from chassis.projection import MaterializedView
from chassis.runtime import checkpoints, generations
from chassis.service import Service
from chassis.store.factory import open_store
from chassis.store.port import Store
from chassis.variables import Variables

if TYPE_CHECKING:
    from chassis.ops.project import Project

Stateful: TypeAlias = Service | MaterializedView[Any]


class System:
    """A system, opened for one command.

    The environment says where its stores and its hub are: DATA_DIR or STORE_URL, ORDER_STORE_URL,
    and HUB_URL. Otherwise they are those of the running system, or of ENGINES=real.

    OPS_UNITS says where units are declared, in an image; otherwise there is a project.
    """

    def __init__(self, place: Declared | Project, exit: AsyncExitStack) -> None:
        self._place = place
        self._exit = exit
        self._stores: dict[str, Store] = {}
        self._hub: Hub | None = None

    @classmethod
    @asynccontextmanager
    async def opened(cls, root: Path) -> AsyncIterator[System]:
        """Yield the system of OPS_UNITS, or of the project at `root`, and close it in the end.

        Raises:
            EmbeddedError: There is no project.
        """
        async with AsyncExitStack() as exit:
            yield cls(_place(root), exit)

    @cached_property
    def units(self) -> dict[str, Stateful]:
        """The units that have a store, by name."""
        loaded = (load(reference) for reference in self._place.references)
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

    def open(self, unit: Stateful, *, is_trial: bool = False) -> Store:
        """Open the store of a unit, which need not have run; it is not prepared.

        Args:
            unit: The unit.
            is_trial: Whether no file is left if there was none.
        """
        data = self._data
        if is_trial and not self._exists(unit):
            data = Path(self._exit.enter_context(TemporaryDirectory()))
        store = open_store(data, identity_of(unit), self._store_url(unit))
        self._exit.push_async_callback(store.close)
        return store

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
            store = self.open(unit)
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
        return Path(os.environ.get("DATA_DIR") or self._place.data)

    @cached_property
    def _settings(self) -> tuple[str, str, Mapping[str, str]]:
        """The URLs in the environment: of the hub, of all stores, and of those of single units."""
        variables = Variables(os.environ)
        found = variables.hub("HUB_URL"), variables.store("STORE_URL"), variables.stores()
        if variables.problems:
            raise OpsError("\n".join(variables.problems))
        return found

    def _store_url(self, unit: Stateful) -> str:
        _, url, urls = self._settings
        return urls.get(unit.name) or url or self._place.store_url(unit.name)

    def _exists(self, unit: Stateful) -> bool:
        """Return whether a unit has a store; one on a server is created if it has none."""
        return bool(self._store_url(unit)) or (self._data / f"{identity_of(unit)}.db").exists()

    def _hub_url(self) -> str:
        url, *_ = self._settings
        return url or self._place.hub_url()


def _place(root: Path) -> Declared | Project:
    if units := os.environ.get("OPS_UNITS", ""):
        return Declared([unit.strip() for unit in units.split(",")])
    from chassis.ops.project import Project  # images do not have what the embedded mode needs

    return Project(root)
