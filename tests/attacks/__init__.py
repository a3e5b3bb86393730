"""Attacks on the running shop, through its gateway and at its units: none may succeed."""
