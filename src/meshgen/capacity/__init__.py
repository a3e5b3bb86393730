"""Capacity from the service level objectives: traffic, sizes, servers, disk, cost and alerts.

Pure: from the spec to frozen data. What operations cost was measured (`costs`).
"""

from meshgen.capacity.model import CapacityPlan, Size
from meshgen.capacity.plan import BUCKETS, DEFAULT_PARTITIONS, plan

__all__ = ["BUCKETS", "DEFAULT_PARTITIONS", "CapacityPlan", "Size", "plan"]
