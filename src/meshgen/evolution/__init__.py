"""A changed spec beside the previous one: stored data and past events."""

from meshgen.evolution.losses import losses
from meshgen.evolution.reactions import notices
from meshgen.evolution.version import Version

__all__ = ["Version", "losses", "notices"]
