"""A process: some units in one event loop, each with a port of its own."""
