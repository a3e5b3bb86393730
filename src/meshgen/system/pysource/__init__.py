"""Values, types and expressions of the spec language as Python source."""
