"""PostgreSQL on this machine."""
