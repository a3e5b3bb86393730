"""The adapter for SQLite: a file for each unit."""
