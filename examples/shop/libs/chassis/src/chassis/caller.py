"""The authenticated caller."""

from __future__ import annotations

from dataclasses import dataclass
from uuid import UUID


@dataclass(frozen=True, slots=True)
class Caller:
    """An authenticated user: the token's subject and its roles."""

    id: UUID
    roles: frozenset[str]

    def owns(self, owner: object) -> bool:
        """Tell whether an `owner`, an id or a list of ids, is this caller, or one of them is."""
        return self.id in owner if isinstance(owner, tuple | list) else self.id == owner
