"""What is generated: the plan of outputs, the parts of a project and their fingerprints."""
