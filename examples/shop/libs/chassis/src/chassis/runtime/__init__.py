"""The runtimes: what makes a declared service or projection work."""

from chassis.runtime.projection import ProjectionRuntime
from chassis.runtime.service import ServiceRuntime

__all__ = ["ProjectionRuntime", "ServiceRuntime"]
