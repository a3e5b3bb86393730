"""The stores of units: a port, and an adapter for each engine."""
