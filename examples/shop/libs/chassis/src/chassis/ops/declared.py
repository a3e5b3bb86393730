"""Units without a project, as in an image: the environment says everything."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from chassis.ops.errors import OpsError


class Declared:
    """Units that are named by where they are declared.

    Attributes:
        references: Where they are declared, as `module:attribute`.
        data: The folder of their stores, if DATA_DIR does not say it.
    """

    def __init__(self, references: Sequence[str]) -> None:
        self.references = tuple(references)
        self.data = Path("data")

    def store_url(self, unit: str) -> str:
        """Return that the store of a unit is in SQLite, if no variable has its URL."""
        return ""

    def hub_url(self) -> str:
        """Return no URL: a variable must have it.

        Raises:
            OpsError: Always.
        """
        raise OpsError("HUB_URL is not set")
