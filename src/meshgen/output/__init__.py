"""The plan of generated files, the parts of a project and their fingerprints."""
