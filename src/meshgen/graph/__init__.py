"""Diagrams of a spec: context map, event flow and saga."""
