"""Permanent ids of named elements, used by stores, topics, groups and message types."""

from meshgen.identities.assign import assign
from meshgen.identities.table import Identities
from meshgen.identities.text import IDENTITIES, decoded, encoded

__all__ = ["IDENTITIES", "Identities", "assign", "decoded", "encoded"]
