"""The event hub: one port, an adapter for every broker."""
