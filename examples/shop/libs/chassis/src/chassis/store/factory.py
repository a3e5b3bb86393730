"""The factory of stores: the scheme of a URL names the adapter, which is imported only then."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from urllib.parse import urlsplit

from chassis.adapters import adapter
from chassis.store.port import Store

ENGINES = {
    "cassandra": "cassandra",
    "mongodb": "mongodb",
    "mongodb+srv": "mongodb",
    "mssql": "sqlserver",
    "postgresql": "postgresql",
    "redis": "redis",
    "rediss": "redis",
}


def open_store(data_dir: Path, unit_name: str, url: str = "") -> Store:
    """Open or create the store of a unit.

    Args:
        data_dir: The folder of the SQLite file `<unit_name>.db`.
        unit_name: The name of the unit.
        url: The URL of a database server, e.g. `postgresql://user@host/database`, where the store
            is the schema `unit_name`; empty for SQLite.

    Raises:
        Unavailable: The store cannot be opened, or the adapter for the URL is not installed.
        ValueError: The URL is not valid.
    """
    if not url:
        open_file: Callable[[Path], Store] = adapter("store", "sqlite").open_sqlite
        return open_file(data_dir / f"{unit_name}.db")
    if (engine := ENGINES.get(urlsplit(url).scheme)) is None:
        schemes = ", ".join(f"{scheme}://" for scheme in ENGINES)
        raise ValueError(f"the URL of a store begins with one of {schemes}")
    open_url: Callable[[str, str], Store] = getattr(adapter("store", engine), f"open_{engine}")
    return open_url(url, unit_name)
