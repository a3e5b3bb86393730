"""What a change of a spec means for the data that is stored under the spec before."""

from meshgen.evolution.losses import losses
from meshgen.evolution.version import Version

__all__ = ["Version", "losses"]
