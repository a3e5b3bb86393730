"""The command line: commands, their options, and how results are reported."""
