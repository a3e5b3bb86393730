"""The adapter for Redis, on redis-py: all keys of a unit begin with `{unit}:`."""
