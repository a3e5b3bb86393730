"""Where the units of a project, their stores and the event hub are: in what `make up` has started.

It needs what the embedded mode needs, so images do not import it.
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from functools import cached_property
from pathlib import Path

from chassis.embedded import engines, state, topology
from chassis.embedded.options import Options
from chassis.embedded.paths import ProjectPaths
from chassis.ops.errors import OpsError


class Project:
    """The project of a folder.

    Attributes:
        references: Where its units are declared, as `module:attribute`.
        data: The folder of its stores.
    """

    def __init__(self, root: Path) -> None:
        """Read the topology.

        Raises:
            EmbeddedError: There is no project.
        """
        self._paths = ProjectPaths(root)
        self._topology = topology.load(self._paths.topology)
        self.references = tuple(self._topology.units.values())
        self.data = self._paths.data

    def store_url(self, unit: str) -> str:
        """Return the URL of the server with the store of a unit; empty for SQLite."""
        return self._servers.get(self._topology.engines.stores.get(unit, ""), "")

    def hub_url(self) -> str:
        """Return the URL of the event hub.

        Raises:
            OpsError: The system is not running.
        """
        if url := self._servers.get(self._topology.engines.event_hub or "", ""):
            return url
        found = state.read(self._paths)
        if found is None or not found.alive:
            raise OpsError("the event hub is not running: run `make up`, or set HUB_URL")
        return found.plan.nats_url

    @cached_property
    def _servers(self) -> Mapping[str, str]:
        """The URLs of the servers that the system runs on, by engine."""
        if (found := state.read(self._paths)) is not None:
            return engines.read(self._paths, found.plan.servers)
        if not Options.from_env(os.environ).real:
            return {}
        servers = engines.choose(self._paths, self._topology.engines, os.environ)
        if missing := (*servers.started, *servers.contained):
            names = ", ".join(missing)
            raise OpsError(f"the servers are not running ({names}): run `make up ENGINES=real`")
        return servers.given
