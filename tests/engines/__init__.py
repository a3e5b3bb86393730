"""The contracts of the ports, against real servers that are not packages of Python."""
