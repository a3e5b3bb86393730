"""A changed spec beside the previous one: stored data, past events, and clients."""

from meshgen.evolution.losses import losses
from meshgen.evolution.notices import notices
from meshgen.evolution.version import Version

__all__ = ["Version", "losses", "notices"]
