"""Sagas: process managers that complete several commands, or compensate for them."""

from chassis.saga.declaration import FanOut, Saga, Step

__all__ = ["FanOut", "Saga", "Step"]
