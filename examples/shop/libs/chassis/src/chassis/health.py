"""The health of the parts of a unit: ok, degraded, or failed."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from enum import IntEnum
from typing import TypeAlias


class Severity(IntEnum):
    """How a part is. A degraded one still serves; a failed one makes its instance not ready."""

    OK = 0
    DEGRADED = 1
    FAILED = 2


@dataclass(frozen=True, slots=True)
class Check:
    """The result of checking one part; `reason` says what is wrong with it."""

    severity: Severity
    reason: str = ""

    def to_json(self) -> dict[str, str]:
        """Return `{"status": "ok"}` or `{"status": "degraded", "reason": "..."}`."""
        status = {"status": self.severity.name.lower()}
        return status | ({"reason": self.reason} if self.reason else {})


Checks: TypeAlias = Mapping[str, Check]
"""The checks of an instance, by the name of the part."""


def ok() -> Check:
    """Return the check of a part that works."""
    return Check(Severity.OK)


def degraded(reason: str) -> Check:
    """Return the check of a part that works in part: requests are still served."""
    return Check(Severity.DEGRADED, reason)


def failed(reason: str) -> Check:
    """Return the check of a part without which this instance cannot serve requests."""
    return Check(Severity.FAILED, reason)


def worst(checks: Iterable[Check]) -> Severity:
    """Return the highest severity of `checks`."""
    return max((check.severity for check in checks), default=Severity.OK)
