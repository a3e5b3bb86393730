"""A generated project on disk: its location, state, base and working tree."""
