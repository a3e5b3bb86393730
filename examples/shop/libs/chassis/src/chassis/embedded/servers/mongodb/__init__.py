"""MongoDB on this machine."""
