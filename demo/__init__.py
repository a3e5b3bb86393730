"""The demonstration: the reference shop, generated, started, used and stopped."""
