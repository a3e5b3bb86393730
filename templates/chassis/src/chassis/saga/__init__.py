"""How a saga is declared: a process manager that carries several commands to an end, or takes them back."""

from chassis.saga.declaration import FanOut, Saga, Step

__all__ = ["FanOut", "Saga", "Step"]
