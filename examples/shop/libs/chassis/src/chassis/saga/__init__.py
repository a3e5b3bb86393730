"""Sagas: process managers that complete several commands, or compensate for them."""

from chassis.saga.declaration import FanOut, Saga, Step
from chassis.service import Start

__all__ = ["FanOut", "Saga", "Start", "Step"]
