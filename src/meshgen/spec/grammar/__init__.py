"""The grammar of the spec language."""
