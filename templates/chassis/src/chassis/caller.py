"""The authenticated caller."""

from __future__ import annotations

from dataclasses import dataclass
from uuid import UUID


@dataclass(frozen=True, slots=True)
class Caller:
    """An authenticated user: the token's subject and its roles."""

    id: UUID
    roles: frozenset[str]
