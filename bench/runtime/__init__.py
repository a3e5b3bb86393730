"""The running shop under load, in units of a bare handler measured in the same run."""
