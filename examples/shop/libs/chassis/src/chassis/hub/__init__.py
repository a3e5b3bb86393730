"""The event hub: a port, and an adapter for each broker."""
