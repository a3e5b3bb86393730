"""The factory of stores."""

from __future__ import annotations

from pathlib import Path

from chassis.store.port import Store
from chassis.store.sqlite import open_sqlite


def open_store(data_dir: Path, unit_name: str) -> Store:
    """Open or create the store of a unit: the SQLite file `<unit_name>.db` in `data_dir`."""
    return open_sqlite(data_dir / f"{unit_name}.db")
