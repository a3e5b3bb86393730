"""Identities apart from names: what stores, topics, groups and message types go by."""

from meshgen.identities.assign import assign
from meshgen.identities.table import Identities
from meshgen.identities.text import IDENTITIES, decoded, encoded

__all__ = ["IDENTITIES", "Identities", "assign", "decoded", "encoded"]
