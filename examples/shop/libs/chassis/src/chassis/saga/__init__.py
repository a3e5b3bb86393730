"""Sagas: process managers that carry several commands to an end, or take them back."""

from chassis.saga.declaration import FanOut, Saga, Step

__all__ = ["FanOut", "Saga", "Step"]
