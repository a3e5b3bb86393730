"""Real servers for tests: each starts on free loopback ports, and is ended by its process id.

What a server needs is installed once, into `build/servers/`. To add one, write a module with a
subclass of `Server`, and a fixture for it in `tests/engines/conftest.py`.
"""
