"""Compatibility of a changed spec with the data stored under the previous one."""

from meshgen.evolution.losses import losses
from meshgen.evolution.version import Version

__all__ = ["Version", "losses"]
