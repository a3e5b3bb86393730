"""The factory of stores: the scheme of a URL names the adapter, which is imported only then."""

from __future__ import annotations

from pathlib import Path
from urllib.parse import urlsplit

from chassis.errors import Unavailable
from chassis.store.port import Store

SCHEMES = ("postgresql",)


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
        from chassis.store.sqlite import open_sqlite

        return open_sqlite(data_dir / f"{unit_name}.db")
    if (scheme := urlsplit(url).scheme) not in SCHEMES:
        raise ValueError(f"the URL of a store begins with {SCHEMES[0]}://")
    try:
        from chassis.store.postgres import open_postgres
    except ImportError as error:
        raise Unavailable(f"the adapter for {scheme}:// is not installed: {error}") from error
    return open_postgres(url, unit_name)
