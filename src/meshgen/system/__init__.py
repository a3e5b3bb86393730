"""The resolved system: every name, path, topic, schema and piece of code computed."""
