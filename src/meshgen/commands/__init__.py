"""The command line's commands, a module a group; what they need is imported where they run."""
