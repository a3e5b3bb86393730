"""Opens the store on SQL Server."""

from __future__ import annotations

from functools import partial

from chassis.store.sql.tables import UnitTables
from chassis.store.sqlserver.address import parse_address
from chassis.store.sqlserver.dialect import SqlServerDialect
from chassis.store.sqlserver.driver import connect
from chassis.store.sqlserver.pool import Limits
from chassis.store.sqlserver.unit import SqlServerStore


def open_sqlserver(url: str, schema: str, limits: Limits | None = None) -> SqlServerStore:
    """Return the store in a schema, which `prepare` creates. Nothing is connected yet.

    Raises:
        ValueError: The URL, or the name of the schema, is not valid.
    """
    if len(schema) > 128:
        raise ValueError(f"{schema}: the name of a schema has at most 128 characters")
    address, limits = parse_address(url, schema), limits or Limits()
    tables = UnitTables(schema, SqlServerDialect())
    return SqlServerStore(partial(connect, address, limits), str(address), tables, limits)
