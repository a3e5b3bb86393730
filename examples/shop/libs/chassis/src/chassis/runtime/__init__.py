"""The runtimes of declared services and projections."""

from chassis.runtime.projection import ProjectionRuntime
from chassis.runtime.service import ServiceRuntime

__all__ = ["ProjectionRuntime", "ServiceRuntime"]
