"""What errors of PostgreSQL mean to whoever uses a store."""

from __future__ import annotations

import psycopg
from psycopg import errors

from chassis.errors import StoreLost, Unavailable

_LOST = (errors.UndefinedTable, errors.InvalidSchemaName, errors.InvalidCatalogName)
_UNAVAILABLE = (
    psycopg.OperationalError,  # the connection, resources, cancellation, deadlocks, shutdown
    psycopg.InternalError,  # e.g. a standby, which is read-only
    psycopg.InterfaceError,  # e.g. a connection that is closed
    errors.InsufficientPrivilege,
)
_AGAIN = (errors.DeadlockDetected, errors.SerializationFailure)

FAILURES = (psycopg.Error,)
REFUSALS = (psycopg.DataError, psycopg.IntegrityError)


def is_lost_race(error: Exception) -> bool:
    """Return whether another transaction was in the way, so that this one can be repeated."""
    return isinstance(error, _AGAIN)


def translated(error: Exception, where: str) -> Exception:
    """Return `error` as one of the store port, if it is one.

    Args:
        error: An error of the driver.
        where: The name of the store, without secrets.
    """
    detail = " ".join(str(error).split()) or type(error).__name__
    if isinstance(error, _LOST):
        return StoreLost(f"{where}: {detail}")
    if isinstance(error, _UNAVAILABLE):
        return Unavailable(f"{where}: {detail}")
    return error


def refused(error: psycopg.Error, where: str) -> ValueError:
    """Return the error of a value that a column cannot have, without the value."""
    return ValueError(f"{where}: {error.diag.message_primary or type(error).__name__}")
