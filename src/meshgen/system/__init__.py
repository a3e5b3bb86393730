"""The resolved system: all names, paths, topics, schemas and pieces of code."""
