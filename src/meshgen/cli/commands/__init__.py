"""The commands, one module per group. They import what they need when they run."""
