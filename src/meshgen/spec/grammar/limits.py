"""How large a spec and what it describes may be: what a person writes is far below."""

from __future__ import annotations

MAX_NESTING = 8
"""The levels of value objects inside each other."""
MAX_MEMBERS = 500
"""The members of an enum."""
MAX_FIELDS = 200
"""The fields of a record."""
MAX_TYPES = 500
"""The enums and value objects of a spec."""
MAX_PARTS = 1_000
"""The scalars, lists, maps and value objects in the smallest value of a field or record."""
MAX_COUNT = 1_000_000
"""The largest number of characters or items."""
MAX_LEAST_LENGTH = 1_000
"""The largest `min_length`, and the longest default."""
MAX_LEAST_ITEMS = 100
"""The largest `min_items`."""
MAX_NUMBER = 2**63 - 1
"""The largest number, as in all engines."""
