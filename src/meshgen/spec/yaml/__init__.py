"""YAML text as a tree with the position of every key and value."""
