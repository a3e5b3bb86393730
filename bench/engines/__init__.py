"""The adapters of the engines, as ratios to a bare client that does the same durable work."""
