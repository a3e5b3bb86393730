"""What errors of MongoDB mean to whoever uses a store."""

from __future__ import annotations

from bson.errors import BSONError
from pymongo.errors import (
    ConfigurationError,
    ConnectionFailure,
    OperationFailure,
    PyMongoError,
)

from chassis.errors import Unavailable

TRANSIENT = "TransientTransactionError"
UNKNOWN = "UnknownTransactionCommitResult"

_LABELS = (TRANSIENT, UNKNOWN, "RetryableWriteError", "RetryableReadError")
_UNAVAILABLE = frozenset(
    {
        6,  # HostUnreachable
        7,  # HostNotFound
        13,  # Unauthorized
        18,  # AuthenticationFailed
        24,  # LockTimeout
        43,  # CursorNotFound
        50,  # MaxTimeMSExpired
        64,  # WriteConcernTimeout
        79,  # UnknownReplWriteConcern
        89,  # NetworkTimeout
        91,  # ShutdownInProgress
        100,  # UnsatisfiableWriteConcern
        133,  # FailedToSatisfyReadPreference
        134,  # ReadConcernMajorityNotAvailableYet
        189,  # PrimarySteppedDown
        225,  # TransactionTooOld
        237,  # CursorKilled
        239,  # SnapshotTooOld
        246,  # SnapshotUnavailable
        251,  # NoSuchTransaction
        262,  # ExceededTimeLimit
        8000,  # AtlasError
        10107,  # NotWritablePrimary
        11600,  # InterruptedAtShutdown
        11601,  # Interrupted
        11602,  # InterruptedDueToReplStateChange
        13436,  # NotPrimaryOrSecondary
        14031,  # OutOfDiskSpace
    }
)
_REFUSED = frozenset(
    {
        2,  # BadValue
        15,  # Overflow: nested too deeply
        121,  # DocumentValidationFailure
        10334,  # BSONObjectTooLarge
        17280,  # KeyTooLong
        17419,  # the document is too large after an update
        17420,  # the document is too large after an update
    }
)
FAILURES = (PyMongoError, BSONError, OverflowError, UnicodeError)


def translated(error: Exception, where: str) -> Exception:
    """Return `error` as one of the store port, if it is one.

    Args:
        error: An error of the driver.
        where: The name of the store, without secrets.
    """
    detail = " ".join(str(error).split()) or type(error).__name__
    match error:
        case BSONError() | OverflowError() | UnicodeError():
            return ValueError(f"{where}: MongoDB cannot store a value: {type(error).__name__}")
        case OperationFailure() if codes(error) & _REFUSED:
            return ValueError(f"{where}: MongoDB has refused a value")
        case OperationFailure() if codes(error) & _UNAVAILABLE:
            return Unavailable(f"{where}: {_message(error)}")
        case PyMongoError() if error.timeout or any(map(error.has_error_label, _LABELS)):
            return Unavailable(f"{where}: {detail}")
        case ConnectionFailure() | ConfigurationError():
            return Unavailable(f"{where}: {detail}")
    return error


def codes(error: OperationFailure) -> set[int | None]:
    """Return the codes of the server: that of the command, and those of its writes."""
    writes = (error.details or {}).get("writeErrors", ())
    return {error.code, *(each.get("code") for each in writes)}


def _message(error: OperationFailure) -> str:
    """Return the message of the server, without the values that it got."""
    details = error.details or {}
    return str(details.get("errmsg") or details.get("codeName") or error.code)
