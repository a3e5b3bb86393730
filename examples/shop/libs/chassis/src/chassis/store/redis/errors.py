"""What errors of Redis mean to whoever uses a store."""

from __future__ import annotations

from redis import exceptions

from chassis.errors import StoreLost, Unavailable

BROKEN = (exceptions.ConnectionError, exceptions.TimeoutError, OSError, TimeoutError)
"""The connection failed: what was sent may have been executed."""

FAILURES = (exceptions.RedisError, OSError, TimeoutError)

_UNAVAILABLE = (
    "BUSY",  # another script takes long
    "CLUSTERDOWN",
    "LOADING",
    "MASTERDOWN",
    "MISCONF",  # it cannot write to its disk
    "MOVED",
    "NOAUTH",
    "NOPERM",
    "NOREPLICAS",
    "OOM",
    "READONLY",
    "STALE",
    "TRYAGAIN",
    "WRONGPASS",
    "invalid",  # username-password pair
    "max",  # number of clients reached
)
_CLASSES = (
    *BROKEN,
    exceptions.AuthorizationError,
    exceptions.NoPermissionError,
    exceptions.OutOfMemoryError,
    exceptions.ReadOnlyError,
    exceptions.ClusterError,
)


def translated(error: Exception, where: str) -> Exception:
    """Return `error` as one of the store port, if it is one.

    Args:
        error: An error of the client or the server.
        where: The name of the store, without secrets.
    """
    detail = " ".join(str(error).split()) or type(error).__name__
    code, _, text = detail.removeprefix("ERR ").partition(" ")
    if code == "STORELOST":
        return StoreLost(f"{where}: {_message(text)}")
    if code == "INCOMPATIBLE":
        return ValueError(f"{where}: {_message(text)}")
    if isinstance(error, _CLASSES) or code in _UNAVAILABLE:
        return Unavailable(f"{where}: {detail}")
    return error


def is_missing_function(error: Exception) -> bool:
    """Return whether the server does not have the library."""
    return isinstance(error, exceptions.ResponseError) and "Function not found" in str(error)


def _message(text: str) -> str:
    """Return a message without the place in the script that Redis adds to it."""
    return text.partition(" script: ")[0]
