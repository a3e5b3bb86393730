"""The adapter for SQL Server 2019 and later, on python-tds: a schema for each unit."""
