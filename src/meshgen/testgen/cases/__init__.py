"""The generated tests: examples, found or computed, as Python source."""
