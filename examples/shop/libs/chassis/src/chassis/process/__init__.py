"""A process: one or more units in one event loop, each on a port of its own."""
