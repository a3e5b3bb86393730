"""Test cases as Python source."""
