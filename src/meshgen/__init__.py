"""One YAML domain spec becomes a complete, running, event-driven system."""

__version__ = "0.1.0"
