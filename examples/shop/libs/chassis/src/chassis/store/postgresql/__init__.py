"""The adapter for PostgreSQL, on psycopg: a schema for each unit."""
