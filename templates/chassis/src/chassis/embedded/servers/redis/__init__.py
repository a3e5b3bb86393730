"""Redis on this machine."""
