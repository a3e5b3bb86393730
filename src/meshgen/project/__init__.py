"""A generated project on disk: where it is, its state, its base and its working tree."""
